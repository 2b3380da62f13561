<?php
// SPDX-License-Identifier: ISC
// Loaded by PHP before a program, so that what it opens by a URL
// (file_get_contents(), fopen(), copy()) goes by the proxy that the environment
// names.  A context of a program's own says itself how it is opened.
(static function () {
	$proxy = parse_url(getenv('http_proxy') ?: '');
	if (!isset($proxy['host'], $proxy['port']) ||
	    strcasecmp($proxy['scheme'], 'http') != 0)
		return;
	stream_context_set_default(['http' => [
	    'proxy' => "tcp://{$proxy['host']}:{$proxy['port']}",
	    'request_fulluri' => true]]);
})();
// Settings name one file to be loaded so: the one before this is, too.
foreach ((static function () {
	$files = explode(',', (php_ini_scanned_files() ?: ''));
	array_unshift($files, (php_ini_loaded_file() ?: ''));
	$before = [];
	foreach (array_filter(array_map('trim', $files), 'is_readable') as $file) {
		$one = parse_ini_file($file)['auto_prepend_file'] ?? '';
		if ($one !== '' && basename($one) !== basename(__FILE__))
			$before = [$one];
	}
	return $before;
})() as $sluice_before) {
	require_once $sluice_before;
}
unset($sluice_before);

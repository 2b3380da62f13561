-- SPDX-License-Identifier: ISC
--
-- Has a store know since when it has lost nothing, behind store_read.lua: the
-- epochs of a tag, which budgets that are asked for later go by.  Else each tag
-- would begin anew with the first of them.
--
-- KEYS  the epoch of leases; that of slots
-- ARGV  run, and how long nothing is granted from then on (us)

local run, quarantine = ARGV[1], whole(ARGV[2], 'quarantine')
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]

for _, key in ipairs(KEYS) do
	local known = redis.pcall('HGET', key, 'run')
	if type(known) == 'table' then
		return known
	end
	if known ~= run then
		redis.call('HSET', key, 'run', run, 'born', digits(now),
		    'quarantine', digits(now + quarantine))
	end
end
return digits(now)

-- SPDX-License-Identifier: ISC
--
-- A store's side of what several proxies learn of a host: what
-- lease_learn_grant() of throttle/lease_learn.c does, which says why, in one step
-- of the server.  Times are microseconds of the server's clock; all numbers are
-- whole and below 2^53, so that Lua has them exactly.
--
-- KEYS  what is learned of a host, a hash; the epoch of those keys that share
--       its tag
-- ARGV  run holder number known has returns wants ahead flying ttl memory merged
--       merged_late went late began heeded orders renews text (or nothing)
-- Returns now known free serial ends written lost merged went merged_late late
-- began abroad others again_at ordered renewed heeded text (or nothing).
--
-- What is not there was never learned, or was lost: the epoch, which never
-- expires, tells since when nothing was lost.

local LIVES, TURN, POLLS, DRIFT, ALL = 3, 10, 2, 2000, 4294967295
local run, id, text = ARGV[1], ARGV[2], ARGV[20]
local q = {}
for i, name in ipairs({ 'run', 'holder', 'number', 'known', 'has', 'returns',
    'wants', 'ahead', 'flying', 'ttl', 'memory', 'merged', 'merged_late',
    'went', 'late', 'began', 'heeded', 'orders', 'renews' }) do
	q[name] = tonumber(ARGV[i]) or 0
end
local has, returns, wants = q.has == 1, q.returns == 1, q.wants == 1

-- How long a time of another clock may be by this one.
local function at_latest(time)
	return time + floor(time / DRIFT) + 1
end

-- What is there

local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]

local epoch = redis.pcall('HMGET', KEYS[2], 'run', 'born')
if epoch.err then
	return epoch
end
local is_new_epoch = epoch[1] ~= run
local born = is_new_epoch and now or whole(epoch[2] or '', 'born')
-- its clock was set back
if born > now + q.ttl then
	is_new_epoch, born = true, now
end

local got = redis.pcall('HGETALL', KEYS[1])
if got.err then
	return got
end
local s = {}
for i = 1, #got, 2 do
	s[got[i]] = got[i + 1]
end

local NUMBERS = { 'newest', 'quarantine', 'written', 'lost', 'merged', 'went',
    'merged_late', 'late', 'began', 'serial', 'number', 'ahead', 'ends',
    'passed', 'ordered', 'renewed', 'heeded' }
local g = {}
for _, name in ipairs(NUMBERS) do
	g[name] = whole(s[name] or '0', name)
end
g.text, g.writer, g.holder = s.text, s.writer or '0', s.holder or '0'

local set_back = now + q.ttl < g.newest
if set_back then
	g.newest, g.ends, g.passed = 0, 0, 0
	g.ordered, g.renewed, g.heeded = 0, 0, 0
end
if set_back or (s.run and s.run ~= run) then
	g.quarantine = now + at_latest(q.ttl)
	g.lost = g.text and ALL or 0
end
g.quarantine = max(g.quarantine, born + at_latest(q.ttl))
now = max(now, g.newest)
g.newest = now

local FIELDS = { 'until_', 'since', 'flying', 'told' }
local learners, alive, gone = {}, 0, {}

local function learner_of(name, line)
	local l, i = {}, 0
	for word in string.gmatch(line, '%S+') do
		i = i + 1
		l[FIELDS[i] or 'more'] = whole(word, name)
	end
	if i ~= #FIELDS then
		bad = bad or name
	end
	for _, field in ipairs(FIELDS) do
		l[field] = l[field] or 0
	end
	return l
end

for name, line in pairs(s) do
	local who = string.match(name, '^h(%d+)$')
	if who then
		local l = learner_of(name, line)
		if l.until_ <= now or l.until_ > now + LIVES * q.ttl then
			gone[#gone + 1] = name
		else
			l.id = tonumber(who)
			learners[who] = l
			alive = alive + 1
		end
	end
end
if bad then
	return redis.error_reply('FOREIGN value of ' .. bad)
end
if is_new_epoch then
	redis.call('HSET', KEYS[2], 'run', run, 'born', digits(born))
end

local a = { free = 0, serial = 0, ends = 0, written = 0, lost = 0, merged = 0,
    merged_late = 0, abroad = 0, again_at = 0 }
local me = learners[id]

-- What is said

local function write_down()
	g.text, g.written, g.writer = text, now, id
	g.merged, g.merged_late, g.lost = q.merged, q.merged_late, 0
	g.heeded = q.orders > 0 and g.ordered or q.heeded
end

-- An operator has ordered something there.
local function obey()
	local at = max(now - q.orders, 0)
	if q.orders > 0 then
		g.ordered = max(g.ordered, at)
		g.renewed = q.renews == 1 and max(g.renewed, at) or g.renewed
	end
end

-- Who has the loan, or had one that is not known here.
local function has_loan()
	return has and (q.known > g.serial or (g.text and q.known == g.serial and
	    g.holder == id and q.number > g.number))
end

local function go_on()
	g.serial, g.number = q.known, q.number
	if text then
		write_down()
		g.ahead = q.ahead
	end
	if returns then
		g.holder, g.passed = '0', now
		return
	end
	g.holder, g.ends = id, now + q.ttl
	a.serial, a.ends = g.serial, g.ends
end

-- The first that is known; what was known before may be lost with that.
local function offer()
	write_down()
	g.lost = q.known ~= 0 and ALL or 0
	g.holder, g.passed, g.went, g.late = '0', now, 0, 0
	for who, l in pairs(learners) do
		l.told = who == id and 1 or 0
		l.changed = true
	end
end

-- What went from another one by its pass: once.
local function hear()
	if not g.text or q.went == 0 or me.told == 1 then
		return
	end
	local began = max(now - q.began, 0)
	me.told = 1
	g.began = g.went == 0 and began or min(g.began, began)
	g.went = min(g.went + q.went, ALL)
	g.late = min(g.late + q.late, ALL)
end

-- What is lent

-- Whether somebody else waits, and whether none of them does for longer.
local function others_wait()
	local wait, first = false, true
	for who, l in pairs(learners) do
		if who ~= id and l.since ~= 0 then
			wait = true
			if me.since == 0 or l.since < me.since or
			    (l.since == me.since and l.id < me.id) then
				first = false
			end
		end
	end
	return wait, first
end

-- When the loan may be had; 0: now.
local function loan_at(first)
	local turn = g.passed + floor(q.ttl / TURN)
	if now < g.quarantine then
		return g.quarantine
	elseif g.holder ~= '0' then
		return now < g.ends and g.holder ~= id and g.ends or 0
	end
	return (first or now >= turn) and 0 or turn
end

local function lend()
	-- who has not heard of its loan has used nothing of it
	if g.holder ~= '0' and (g.holder ~= id or q.known == g.serial) then
		g.lost = min(g.lost + g.ahead, ALL)
	end
	g.serial = max(g.serial, q.known) + 1
	g.holder, g.number, g.ahead = id, q.number, q.ahead
	g.ends = now + q.ttl
	me.since = 0
	a.serial, a.ends, a.lost = g.serial, g.ends, g.lost
	a.merged, a.merged_late, a.written = g.merged, g.merged_late, g.written
	if g.writer ~= id or g.lost ~= 0 then
		a.text = g.text
	end
end

local function answer()
	local had = has_loan()
	obey()
	if had then
		go_on()
	elseif not g.text and text and now >= g.quarantine then
		offer()
	end
	hear()
	if not wants or a.serial ~= 0 then
		me.since = 0
	elseif me.since == 0 then
		me.since = now
	end
	local others, first = others_wait()
	a.others = others and 1 or 0
	if a.serial ~= 0 then
		return
	end
	if not g.text and now >= g.quarantine then
		a.free, a.ends = 1, now + q.ttl
		me.since = 0
		return
	end
	if not wants then
		return
	end
	local at = g.text and loan_at(first) or g.quarantine
	-- who has just given it back waits behind those who are there
	if at == 0 and had and others then
		at = now + floor(q.ttl / TURN)
	end
	if at == 0 then
		lend()
	else
		a.again_at = min(at, now + floor(q.ttl / POLLS))
	end
end

if not me and alive < HOLDERS then
	me = { id = q.holder, since = 0, told = 0 }
	learners[id] = me
end
if me then
	me.until_, me.flying, me.changed = now + LIVES * q.ttl, q.flying, true
	for who, l in pairs(learners) do
		if who ~= id then
			a.abroad = a.abroad + l.flying
		end
	end
	answer()
else
	a.again_at = now + q.ttl
end

-- What is kept

local list = { 'run', run, 'writer', g.writer, 'holder', g.holder }
for _, name in ipairs(NUMBERS) do
	list[#list + 1] = name
	list[#list + 1] = digits(g[name])
end
for who, l in pairs(learners) do
	if l.changed then
		list[#list + 1] = 'h' .. who
		list[#list + 1] = table.concat({ digits(l.until_),
		    digits(l.since), digits(l.flying), digits(l.told) }, ' ')
	end
end
if g.text and g.text ~= s.text then
	list[#list + 1] = 'text'
	list[#list + 1] = g.text
end
if #gone > 0 then
	redis.call('HDEL', KEYS[1], unpack(gone))
end
redis.call('HSET', KEYS[1], unpack(list))
redis.call('PEXPIREAT', KEYS[1], digits(floor((max(now, g.quarantine) +
    (g.text and q.memory or 0)) / 1000) + 60000))

return { digits(now), g.text and '1' or '0', digits(a.free), digits(a.serial),
    digits(a.ends), digits(a.written), digits(a.lost), digits(a.merged),
    digits(g.went), digits(a.merged_late), digits(g.late), digits(g.began),
    digits(a.abroad), digits(a.others or 0), digits(a.again_at),
    digits(g.ordered), digits(g.renewed), digits(g.heeded), a.text or '' }

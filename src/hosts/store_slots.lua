-- SPDX-License-Identifier: ISC
--
-- A store's side of one budget's slots of concurrency for several proxies: what
-- lease_slots_grant() of throttle/lease_slots.c does, which says why, in one
-- step of the server.  Times are microseconds of the server's clock; all numbers
-- are whole and below 2^53, so that Lua has them exactly.
--
-- KEYS  the slots of a budget, a hash; the epoch of those keys that share its
--       tag
-- ARGV  run holder number limit weight holds good busy want known ttl grace
--       leaves pause opened longest ago heeded orders
-- Returns now number slots keeps turn_ends ends again_at peers pause probe
-- ordered.
--
-- Slots that are not there have come back, or were lost: the epoch, which never
-- expires, tells since when nothing was lost.

local TURNS, POLLS, DRIFT = 3, 20, 2000
local run, id = ARGV[1], ARGV[2]
local q = {}
for i, name in ipairs({ 'run', 'holder', 'number', 'limit', 'weight', 'holds',
    'good', 'busy', 'want', 'known', 'ttl', 'grace', 'leaves', 'pause',
    'opened', 'longest', 'ago', 'heeded', 'orders' }) do
	q[name] = tonumber(ARGV[i]) or 0
end
local slice = floor(q.ttl / TURNS)

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

local FIELDS = { 'number', 'weight', 'held', 'want', 'until_', 'grace', 'turn',
    'since', 'heard' }

local function holder_of(name, text)
	local h, i = {}, 0
	for word in string.gmatch(text, '%S+') do
		i = i + 1
		h[FIELDS[i] or 'more'] = whole(word, name)
	end
	if i ~= #FIELDS then
		bad = bad or name
	end
	for _, field in ipairs(FIELDS) do
		h[field] = h[field] or 0
	end
	h.id = tonumber(string.sub(name, 2))
	return h
end

local function text_of(h)
	local list = {}
	for i, field in ipairs(FIELDS) do
		list[i] = digits(h[field])
	end
	return table.concat(list, ' ')
end

local holders, alive = {}, 0
for name, text in pairs(s) do
	local holder = string.match(name, '^h(%d+)$')
	if holder then
		holders[holder] = holder_of(name, text)
		alive = alive + 1
	end
end

local g = { told = 0, quarantine = 0, newest = 0, expected = 0 }
local turn = { pause = 0, heard = 0, opened = 0, prober = 0, turn_ends = 0,
    ordered = 0 }
for name in pairs(turn) do
	turn[name] = s[name] and whole(s[name], name) or 0
end
local is_new_run = s.run ~= run
if not is_new_run then
	for name in pairs(g) do
		g[name] = whole(s[name] or '', name)
	end
	if now + q.ttl < g.newest then
		is_new_run, born = true, now
		for name in pairs(turn) do
			turn[name] = 0
		end
		q.pause, q.opened = 0, 0
	end
end
if is_new_run then
	g.told = born + q.ttl
	g.quarantine = g.told + at_latest(q.grace)
	g.newest, g.expected = 0, 0
	for _, h in pairs(holders) do
		h.heard, h.turn = 0, 0
		h.until_, h.since = min(h.until_, now + q.ttl), min(h.since, now)
	end
end
now = max(now, g.newest)
turn_hear(turn, q, now)
if bad then
	return redis.error_reply('FOREIGN value of ' .. bad)
end
if is_new_epoch then
	redis.call('HSET', KEYS[2], 'run', run, 'born', digits(born))
end

-- Holders

local gone = {}
for name, h in pairs(holders) do
	if h.until_ + at_latest(h.grace) <= now then
		gone[#gone + 1] = 'h' .. name
		holders[name] = nil
		alive = alive - 1
	end
end

local function is_alive(h)
	return h.until_ > now
end

local me = holders[id]
if not me and alive < HOLDERS then
	me = { id = q.holder, number = 0, held = 0, turn = 0, since = 0 }
end

-- Parts by weight, and what is left over

local parts = { slots = 0, weight = 0, extra = 0 }

local function part_of(h)
	return h.content and h.want or
	    floor(parts.slots * h.weight / parts.weight)
end

-- Those who want no more than their part have what they want.
local function make_content()
	local content = {}
	for _, h in pairs(holders) do
		if is_alive(h) and not h.content and h.want <= part_of(h) then
			content[#content + 1] = h
		end
	end
	for _, h in ipairs(content) do
		h.content = true
		parts.slots = parts.slots - h.want
		parts.weight = parts.weight - h.weight
	end
	return #content > 0 and parts.weight > 0
end

local function share_out()
	local lost, given = 0, 0
	for _, h in pairs(holders) do
		h.content = false
		if is_alive(h) then
			parts.weight = parts.weight + h.weight
		else
			lost = lost + h.held
		end
	end
	parts.slots = max(q.limit - lost, 0)
	while make_content() do
	end
	for _, h in pairs(holders) do
		if is_alive(h) and not h.content then
			given = given + part_of(h)
		end
	end
	parts.extra = parts.weight > 0 and parts.slots - given or 0
end

-- How many are before it in line for what is left over.
local function before()
	local n = 0
	for _, h in pairs(holders) do
		if h ~= me and is_alive(h) and not h.content and
		    (h.turn > now or h.since < me.since or
		    (h.since == me.since and h.id < me.id)) then
			n = n + 1
		end
	end
	return n
end

-- When the next of those who have turns is done with it.
local function next_turn()
	local at = now + slice
	for _, h in pairs(holders) do
		if is_alive(h) and h.turn > now then
			at = min(at, h.turn)
		end
	end
	return at
end

-- What the others leave.
local function left_for_me()
	local held = 0
	for _, h in pairs(holders) do
		if h ~= me then
			held = held + h.held
		end
	end
	return max(q.limit - held, 0)
end

local a = { slots = 0, keeps = 0, turn_ends = 0, ends = 0, again_at = 0,
    peers = 0, probe = 0 }

-- It has a slot that is left over, or is told when to ask for one.
local function has_extra()
	if me.turn > now and me.held > part_of(me) then
		return true
	end
	me.turn = 0
	local n = before()
	if n < parts.extra then
		return true
	end
	if parts.extra > 0 then
		a.again_at = next_turn() + (floor(n / parts.extra) - 1) * slice
	end
	return false
end

-- Of its target, what the host's pause leaves, and whose turn it is then.
local function take_turn(target)
	if q.longest == 0 or turn_is_open(turn, now) then
		return target
	end
	if q.want <= q.busy or target <= q.busy then
		if q.want == 0 then
			turn_leave(turn, q.holder)
		end
		return 0
	end
	local state, at = turn_ask(turn, q.holder, q.longest, slice, now)
	if state == 'shut' then
		a.again_at = at
		return 0
	end
	a.probe = 1
	return q.busy + 1
end

local function give()
	share_out()
	local target = part_of(me)
	a.keeps = target
	if me.content then
		me.turn, me.since = 0, 0
	elseif me.since == 0 then
		me.since = now
	end
	if not me.content and has_extra() then
		target = target + 1
	end
	target = take_turn(target)
	a.slots = min(target, left_for_me())
	if a.slots < target then
		a.again_at = now + floor(slice / POLLS)
	end
	a.keeps = min(a.keeps, a.slots)
	if a.slots > a.keeps and me.turn == 0 then
		me.turn = now + slice
		me.since = now
	end
	a.turn_ends = a.slots > a.keeps and me.turn or 0
	me.held = max(me.held, a.slots)
end

-- Until when somebody may have a block that is not known.
local function unsure_until()
	local heard = 0
	for _, h in pairs(holders) do
		heard = heard + h.heard
	end
	return heard < g.expected and g.quarantine or g.told
end

local function count_peers()
	for _, h in pairs(holders) do
		a.peers = a.peers + (is_alive(h) and 1 or 0)
	end
end

if not me or q.number <= me.number then
	a.again_at = now + slice
elseif q.leaves == 1 and q.holds == 0 then
	holders[id] = nil
	gone[#gone + 1] = 'h' .. id
	turn_leave(turn, q.holder)
	if q.known > 0 then
		g.expected = max(g.expected - 1, 0)
	end
	count_peers()
else
	holders[id] = me
	me.number, me.weight, me.held = q.number, q.weight, q.holds
	me.want, me.grace = q.want, q.grace
	me.heard = q.known > 0 and 1 or 0
	g.expected = max(g.expected, q.known)
	me.until_ = now + q.ttl
	a.ends = me.until_
	count_peers()
	if now >= unsure_until() then
		give()
	else
		a.slots, a.keeps = q.good, q.good
		a.again_at = min(now < g.told and g.told or g.quarantine,
		    a.ends)
	end
end

-- What is kept, until all has come back.

local list = { 'run', run, 'newest', digits(now), 'told', digits(g.told),
    'quarantine', digits(g.quarantine), 'expected', digits(g.expected) }
for name, value in pairs(turn) do
	list[#list + 1] = name
	list[#list + 1] = digits(value)
end
local last = max(now, g.quarantine, turn.pause)
if turn.opened < turn.pause then
	last = max(last, turn.pause + TURN_MEMORY)
end
for name, h in pairs(holders) do
	last = max(last, h.until_ + at_latest(h.grace))
	-- the others are as they were
	if h == me or is_new_run then
		list[#list + 1] = 'h' .. name
		list[#list + 1] = text_of(h)
	end
end
if #gone > 0 then
	redis.call('HDEL', KEYS[1], unpack(gone))
end
redis.call('HSET', KEYS[1], unpack(list))
redis.call('PEXPIREAT', KEYS[1], digits(floor(last / 1000) + 60000))

return { digits(now), digits(q.number), digits(a.slots), digits(a.keeps),
    digits(a.turn_ends), digits(a.ends), digits(a.again_at), digits(a.peers),
    digits(turn.pause), digits(a.probe), digits(turn.ordered) }

-- SPDX-License-Identifier: ISC
--
-- A store's side of one budget for several proxies: what lease_grant_share()
-- of throttle/lease_grant.c does, which says why, in one step of the server.
-- What it reckons with stands before it (store_rates.lua, store_turn.lua).  Times are
-- microseconds of the server's clock, costs micro cost units; all are whole and
-- below 2^53, so that Lua has them exactly.
--
-- KEYS  the budget, a hash; the epoch of those keys that share its tag
-- ARGV  run stepped holder weight demand first horizon guard last counted
--       unused returned pause opened longest guard_max gained gained_at leaves
--       ago heeded orders n, then of each of n rates: capacity period burst
--       strict ends
-- Returns now serial amount again_at pause peers (one more than there is room
-- for, where the holder has none) foreign (rates that others ask with) probe
-- guard leavers ordered, and of each rate: begins ends left (that nobody has as
-- yet).
--
-- What of the budget is not there has expired, and is full, or was lost, and is
-- empty: the epoch, which never expires, tells since when nothing was lost.

-- What is there

local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]

local epoch = redis.pcall('HMGET', KEYS[2], 'run', 'born', 'quarantine')
if epoch.err then
	return epoch
end
local since, quarantine = now, now + q.horizon + q.guard_max
local born = epoch[1] == run and whole(epoch[2] or '', 'born')
-- one that is later is of before the clock was set back
local is_new_epoch = not born or born > now + q.guard_max
if not is_new_epoch then
	since = born
	quarantine = max(whole(epoch[3] or '', 'quarantine'),
	    since + q.horizon + q.guard_max)
end

local g = {
	born = field('born'), quarantine = field('quarantine'),
	newest = field('newest'), serial = field('serial'),
	pause = field('pause'), heard = field('heard'),
	opened = field('opened'), prober = field('prober'),
	turn_ends = field('turn_ends'), ordered = field('ordered'),
	lag = field('lag'),
	lagged = field('lagged'),
	guard = field('guard'), late = field('late'),
	leavers = field('leavers'),
}

-- Its time goes on where the clock goes back a bit, or is too fast.  Where it was
-- set back, or is another run's, what was granted nobody knows.
local known = s.run == run
if known then
	if q.gained > 0 and q.gained_at > g.lagged then
		g.lag, g.lagged = g.lag + q.gained, g.newest
	end
	if now - g.lag + q.guard_max < g.newest then
		known, since = false, now
		quarantine = now + q.horizon + q.guard_max
		g.pause, g.heard, g.opened, g.prober, g.turn_ends = 0, 0, 0, 0, 0
		g.ordered = 0
		q.pause, q.opened = 0, 0
	end
end
if not known then
	g.lag, g.lagged, g.guard, g.late = 0, 0, 0, 0
end

-- As words() does, for what there may be many of.
local HOLDER = '^' .. string.rep('(%d+) ', 10) .. '(%d+)$'
local HOLDER_TEXT = string.rep('%.0f ', 10) .. '%.0f'

local function holder_of(name, text)
	local list = { string.match(text, HOLDER) }
	for i = 1, 11 do
		list[i] = tonumber(list[i])
		if not list[i] or list[i] > MOST then
			bad = bad or name
			list[i] = 0
		end
	end
	return {
		weight = list[1], until_ = list[2], ends = list[3],
		last = list[4], amount = list[5], held = list[6],
		counted = list[7], unused = list[8], waits = list[9],
		again = list[10], needs = list[11],
	}
end

local holders, alive = {}, 0
for name, text in pairs(s) do
	local id = string.match(name, '^h(%d+)$')
	if id then
		holders[id] = holder_of(name, text)
		alive = alive + 1
	end
end

-- A rate is known by all that it is: who has another limit has another rate, and
-- neither changes what is known of the other's.
local RATE = '^l(%d+:%d+:%d+:[01])$'

local function rate_of(id)
	local w = words(string.gsub(id, ':', ' '), 4, 'l' .. id)
	return rate_new(w[1], w[2], w[3], w[4] == 1)
end

-- What is known of a rate that has that id, for one that may be another: what
-- that had given is worth as much of this one.
local function read_rate(r, id)
	local was = rate_of(id)
	if r.strict and s['w' .. id] then
		r.window = window_read(r, s['w' .. id], 'w' .. id)
	end
	if not r.bucket or not s['t' .. id] then
		return
	end
	r.tat = field('t' .. id)
	if r.tat > now and (was.capacity ~= r.capacity or
	    was.period ~= r.period) then
		r.tat = now + span(r, given(was, r.tat - now) + 1)
	end
end

-- A rate that is new here begins as the last one of its kind and period, or
-- empty.
local function begin_rate(r)
	local last
	for name in pairs(s) do
		local id = string.match(name, RATE)
		local was = id and rate_of(id)
		if was and was.strict == r.strict and
		    was.period == r.period and (not last or
		    field(name) > field('l' .. last)) then
			last = id
		end
	end
	if last then
		read_rate(r, last)
	end
end

-- Those of proxies that have other limits hold for all; they are gone when
-- nobody has asked with them for a while.
local foreign, gone = 0, {}

local function read_rates()
	local own, past = {}, {}
	for i = 1, q.n do
		local r = rates[i]
		own[r.id] = true
		if s['l' .. r.id] then
			read_rate(r, r.id)
		else
			begin_rate(r)
		end
	end
	for name in pairs(s) do
		local id = string.match(name, RATE)
		if id and not own[id] and field(name) <= now then
			past[#past + 1] = id
		elseif id and not own[id] then
			local r = rate_of(id)
			r.id, r.ends = id, 0
			read_rate(r, id)
			rates[#rates + 1] = r
			foreign = foreign + 1
		end
	end
	for _, r in ipairs(rates) do
		if r.strict then
			r.window = r.window or window_full(r, now)
		end
		if r.bucket then
			r.tat = r.tat or now + span(r, r.burst)
		end
	end
	for _, id in ipairs(past) do
		for _, kind in ipairs({ 'l', 't', 'w' }) do
			gone[#gone + 1] = kind .. id
		end
	end
end

-- What others have may be spent until then.
local function be_born_empty(born, at)
	g.born, g.quarantine = born, at
	g.serial = max(g.serial + 1, now)
	for id in pairs(holders) do
		holders[id].gone = true
	end
	for _, r in ipairs(rates) do
		if r.strict then
			r.window = window_full(r, at)
		end
		if r.bucket then
			r.tat = at + span(r, r.burst)
		end
	end
end

if known then
	now = max(now - g.lag, g.newest)
	read_rates()
end
if bad then
	return redis.error_reply('FOREIGN value of ' .. bad)
end
if is_new_epoch then
	redis.call('HSET', KEYS[2], 'run', run, 'born', digits(since),
	    'quarantine', digits(quarantine))
end
if not known then
	be_born_empty(since, quarantine)
	for name in pairs(s) do
		if string.match(name, '^[ltw]%d') then
			gone[#gone + 1] = name
		end
	end
end
if q.stepped > g.born then
	be_born_empty(now, now + q.horizon + q.guard_max)
end

-- Holders

local function settle(h, counted, unused)
	counted = min(counted, h.held)
	unused = min(unused, h.held - counted)
	h.held = h.held - counted - unused
	for _, r in ipairs(rates) do
		if r.strict then
			window_count(r.window, counted)
			window_drop(r.window, unused)
		end
	end
end

for _, r in ipairs(rates) do
	if r.strict then
		window_tick(r.window, now)
	end
end
for id, h in pairs(holders) do
	-- it may be cut off, and go on until its lease ends
	if not h.gone and h.until_ <= now and h.ends <= now then
		settle(h, h.held, 0)
		h.gone = true
	end
	if h.gone then
		alive = alive - 1
	end
end

-- the tail of the last lease, if that is the last one
if q.returned ~= 0 and q.returned == g.serial then
	for _, r in ipairs(rates) do
		if r.bucket and r.ends ~= 0 and r.ends < r.tat then
			r.tat = r.ends
		end
	end
	g.serial = g.serial + 1
end

local h = holders[holder]
if (not h or h.gone) and alive < HOLDERS then
	h = { weight = 0, until_ = 0, ends = 0, last = 0, amount = 0,
	    held = 0, counted = 0, unused = 0, waits = 0, again = 0,
	    needs = 0 }
	holders[holder] = h
	alive = alive + 1
elseif h and h.gone then
	h = nil
end

-- Granting

local a = { serial = 0, amount = 0, again_at = 0, probe = 0, guard = 0 }

-- How much later a lease begins than the one before it ends.
local function gap_of(r)
	if not r.bucket then
		return 0
	end
	return max(q.guard - max(span(r, r.burst) - span(r, q.first), 0), 0)
end

-- One who waits, and has not asked again when he was to.
local function has_given_up(other)
	return other.again + floor(q.horizon / 2) < now
end

local counts = false
for i = 1, q.n do
	counts = counts or rates[i].strict
end

local function hear()
	settle(h, max(q.counted - h.counted, 0), max(q.unused - h.unused, 0))
	h.counted, h.unused = q.counted, q.unused
	if h.last ~= 0 and h.last ~= q.last then
		settle(h, 0, h.amount)
	end
	h.last = 0
	-- who has no windows counts nothing: its last lease is over now
	if not counts and q.first > 0 then
		settle(h, h.held, 0)
	end
	h.weight = q.weight
	if has_given_up(h) then
		h.waits = 0
	end
	h.until_ = now + 3 * q.horizon
end

-- A share of a rate by weight; more where each lease costs a gap.
local function share_of_rate(r, weights)
	local gap = gap_of(r)
	local least = given(r, min(GAPS * gap, max(q.horizon - gap, 0)))
	return max(ratio(given(r, q.horizon), q.weight, weights, false), least)
end

-- What there is for it: its share of a horizon, or what it needs.
local function share_of()
	local weights, share = 0, MOST
	for _, other in pairs(holders) do
		if not other.gone then
			weights = weights + other.weight
		end
	end
	for _, r in ipairs(rates) do
		share = min(share, share_of_rate(r, weights))
	end
	-- what is left of one that is no whole number of costs is lost
	share = share - share % q.first
	return min(max(q.demand, q.first), max(q.first, share))
end

-- When there is a place in a window; 0: now.
local function place_at(w, ahead)
	local cost = ahead + q.first
	if window_has_room(w, cost) then
		return 0
	end
	-- what others have comes back, or is counted, by then
	return window_due(w, cost) or now + floor(q.horizon / 10)
end

-- How long an interval has to be at least, with its gap.
local function interval(r, share)
	local gap, cost = gap_of(r), q.first
	-- where each costs a gap, one that is cut short is waste
	if gap > 0 then
		cost = max(cost, min(share, given(r, max(q.horizon - gap, 0))))
	end
	return gap + span(r, cost)
end

-- When there is room in a bucket, behind those before it; 0: now.
local function room_at(r, ahead, share)
	local ends = max(r.tat, now) + interval(r, share)
	if ahead > 0 then
		ends = ends + span(r, ahead)
	end
	local most = span(r, max(r.burst, q.first)) + q.horizon
	return ends > now + most and ends - most or 0
end

-- Those who wait for longer.
local function before()
	local list = {}
	for _, other in pairs(holders) do
		if other ~= h and not other.gone and other.waits ~= 0 and
		    not has_given_up(other) and
		    (h.waits == 0 or other.waits < h.waits) then
			list[#list + 1] = other
		end
	end
	return list
end

-- What they wait for.
local function ahead_of()
	local ahead = 0
	for _, other in ipairs(before()) do
		ahead = min(ahead + other.needs, MOST)
	end
	return ahead
end

-- When they have asked again; 0: there is none.
local function turn_at()
	local at = 0
	for _, other in ipairs(before()) do
		at = max(at, other.again, now + floor(q.horizon / 10))
	end
	return at
end

-- Whether leases go one after another.
local function in_turn()
	for _, r in ipairs(rates) do
		if gap_of(r) > 0 or
		    (r.strict and (#rates > 1 or r.bucket)) then
			return true
		end
	end
	return false
end

-- When it may have a lease; now: it may.
local function goes_at(share)
	local turns = in_turn()
	local at = turns and max(now, turn_at()) or now
	local ahead = turns and 0 or ahead_of()
	for _, r in ipairs(rates) do
		if r.strict then
			at = max(at, place_at(r.window, ahead))
		end
		if r.bucket then
			at = max(at, room_at(r, ahead, share))
		end
	end
	return at
end

-- What is kept for one who waits: a cost that takes as long in each rate.
local function needs(share)
	local cost = q.first
	for _, r in ipairs(rates) do
		if r.bucket then
			cost = max(cost, given(r, interval(r, share)))
		end
	end
	return cost
end

-- How much of a cost may be given now; the first one's fits.
local function fit(share)
	local cost = share
	for _, r in ipairs(rates) do
		if r.bucket then
			cost = min(cost, given(r, max(now + span(r, r.burst) +
			    q.horizon - max(r.tat, now) - gap_of(r), 0)))
		end
		if r.strict then
			local w = r.window
			cost = min(cost, max(w.capacity - w.flying -
			    w.counted - w.debt, 0))
		end
	end
	return max(cost, q.first)
end

local function give(cost)
	g.serial = g.serial + 1
	a.serial, a.amount = g.serial, cost
	h.waits = 0
	for _, r in ipairs(rates) do
		if r.strict then
			r.window.flying = r.window.flying + cost
		end
		if not r.bucket then
			r.begins, r.until_ = now, now + q.horizon
		else
			r.begins = max(r.tat, now) + gap_of(r)
			r.until_ = r.begins + span(r, cost) + gap_of(r)
			r.tat = r.until_
		end
		h.ends = max(h.ends, r.until_)
	end
	h.held = h.held + cost
	h.last, h.amount = a.serial, cost
	a.guard, g.guard = q.guard, q.guard
	g.late = max(g.late, h.ends + q.guard)
end

turn_hear(g, q, now)
if h and q.leaves == 1 then
	hear()
	settle(h, h.held, 0)
	h.gone = true
	g.leavers = g.leavers + 1
	turn_leave(g, q.holder)
elseif not h or now < g.quarantine then
	a.again_at = max(g.quarantine, now + floor(q.horizon / 10))
else
	hear()
	if q.first > 0 and q.guard <= q.guard_max then
		if now < g.late then
			q.guard = max(q.guard, g.guard)
		end
		local turn, at = turn_ask(g, q.holder, q.longest, q.horizon, now)
		local share = share_of()
		if turn ~= 'shut' then
			h.again = goes_at(share)
		end
		if turn == 'shut' then
			a.again_at = at
		elseif h.again <= now then
			a.probe = turn == 'probe' and 1 or 0
			give(a.probe == 1 and q.first or fit(share))
		else
			a.again_at = h.again
			h.needs = needs(share)
			-- it is silent until then, and keeps its place
			h.until_ = max(h.until_, h.again + q.horizon)
			h.waits = h.waits == 0 and now or h.waits
		end
	end
end

-- What is kept, until none of it says anything any more.

local list = { 'run', run, 'born', digits(g.born), 'newest', digits(now),
    'serial', digits(g.serial), 'quarantine', digits(g.quarantine),
    'pause', digits(g.pause), 'heard', digits(g.heard),
    'opened', digits(g.opened), 'prober', digits(g.prober),
    'turn_ends', digits(g.turn_ends), 'ordered', digits(g.ordered),
    'lag', digits(g.lag),
    'lagged', digits(g.lagged), 'guard', digits(g.guard),
    'late', digits(g.late), 'leavers', digits(g.leavers) }
local last = max(g.quarantine, g.pause)
if g.opened < g.pause then
	last = max(last, g.pause + TURN_MEMORY)
end

local function left_of(r)
	local left, w = r.burst, r.window
	if r.bucket then
		left = min(left, given(r, max(span(r, r.burst) -
		    max(r.tat - now, 0), 0)))
	end
	return r.strict and min(left, max(w.capacity - w.flying - w.counted -
	    w.debt, 0)) or left
end

local function keep(name, text)
	list[#list + 1] = name
	list[#list + 1] = text
end

for id, other in pairs(holders) do
	if other.gone then
		gone[#gone + 1] = 'h' .. id
	else
		last = max(last, other.until_, other.ends)
	end
end
-- the others are as they were
if h and not h.gone then
	keep('h' .. holder, string.format(HOLDER_TEXT, h.weight, h.until_,
	    h.ends, h.last, h.amount, h.held, h.counted, h.unused, h.waits,
	    h.again, h.needs))
end
local longest = 0
for i, r in ipairs(rates) do
	if i <= q.n then
		keep('l' .. r.id, digits(now + 3 * q.horizon))
	end
	if r.strict then
		keep('w' .. r.id, window_text(r.window))
		last = max(last, r.window.newest * r.window.length)
		longest = max(longest, r.period * (1 + ratio(r.window.debt, 1,
		    r.window.capacity, true)))
	end
	if r.bucket then
		keep('t' .. r.id, digits(r.tat))
		last = max(last, r.tat)
	end
end
if #gone > 0 then
	redis.call('HDEL', KEYS[1], unpack(gone))
end
redis.call('HSET', KEYS[1], unpack(list))
redis.call('PEXPIREAT', KEYS[1], digits(floor((last + longest + g.lag) / 1000) +
    60000))

local answer = { digits(now), digits(a.serial), digits(a.amount),
    digits(a.again_at), digits(g.pause), digits(h and alive or alive + 1),
    digits(foreign), digits(a.probe), digits(a.guard), digits(g.leavers),
    digits(g.ordered) }
for i = 1, q.n do
	answer[9 + 3 * i] = digits(rates[i].begins or 0)
	answer[10 + 3 * i] = digits(rates[i].until_ or 0)
	answer[11 + 3 * i] = digits(left_of(rates[i]))
end
return answer

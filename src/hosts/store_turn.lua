-- SPDX-License-Identifier: ISC
--
-- What stands before both scripts, too: what is known of a pause, and whose
-- turn it is to ask the host when that is over (throttle/lease_turn.c, which says
-- why).  A turn is pause, heard, opened, prober, turn_ends and ordered.

local TURN, TURN_MEMORY = 10000000, 600000000	-- us

-- What a question tells: pause, ago, opened, heeded and orders.
local function turn_hear(t, q, now)
	if q.pause > t.pause and q.heeded >= t.ordered then
		t.pause, t.heard, t.prober = q.pause, max(now - q.ago, 0), 0
	end
	t.opened = max(t.opened, min(q.opened, t.pause))
	local ordered = q.orders > 0 and max(now - q.orders, 0) or 0
	if ordered > t.ordered then
		t.ordered = ordered
		if t.heard <= ordered then
			t.pause = min(t.pause, now)
			t.opened, t.prober = t.pause, 0
		end
	end
end

local function turn_leave(t, holder)
	if t.prober == holder then
		t.prober, t.turn_ends = 0, 0
	end
end

local function turn_is_open(t, now)
	return t.opened >= t.pause or t.pause + TURN_MEMORY <= now
end

-- Whether all may go ('open'), or this one ('probe'), or nobody ('shut'), and
-- when to ask again then.
local function turn_ask(t, holder, longest, horizon, now)
	local until_ = min(t.pause, t.heard + longest)
	if turn_is_open(t, now) then
		return 'open', 0
	end
	if until_ > now then
		return 'shut', until_
	end
	if t.prober ~= 0 and t.prober ~= holder and t.turn_ends > now then
		return 'shut', min(t.turn_ends, now + floor(horizon / 2))
	end
	t.prober, t.turn_ends = holder, now + TURN
	return 'probe', 0
end

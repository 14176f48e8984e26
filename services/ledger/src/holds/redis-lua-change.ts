/**
 * Changes holds that exist. The batch: chains, how long ended holds are remembered (ms), steps. ARGV from 5: per step the rest of an unknown
 * hold, or nothing. Steps are {1 settle, id, at, rank, ending, six limbs, chain from 1 or 0, 1 to charge an unknown hold, start, ends of the four windows, six limbs charged before}, {2 void, id, at, latest
 * expiry or -1}, {3 start, id}, {4 renew, id, expiry}, {5 shrink, id, two limbs}. Per step the reply is 1 or 0, of a shrink the limbs held.
 */
export const CHANGE = `
local remember, steps, states, ids = batch[2], batch[3], {}, {}
for i, step in ipairs(steps) do ids[i] = step[2] end
local live = redis.call('HMGET', KEYS[4], unpack(ids))
local ended = redis.call('MGET', unpack(KEYS, 6))
for i, id in ipairs(ids) do
  local v = live[i] or ended[i]
  if v and not states[id] then
    states[id] = parseHold(v)
    states[id].key = i
  end
end

local known, accounts, limits, sliceIds = {}, {}, {}, {}
local function wantChain(json)
  if known[json] then return end
  known[json] = true
  if chainOf(json)[2] ~= '' then sliceIds[chainOf(json)[2]] = true end
  for _, account in ipairs(chainOf(json)[1]) do
    want(account)
    if limits[account] == nil then
      limits[account] = false
      accounts[#accounts + 1] = account
    end
  end
end
for i, step in ipairs(steps) do
  local h = states[step[2]]
  if h then
    wantChain(h.chain)
    if not known[h.windows] then
      known[h.windows] = true
      for _, name in ipairs(noted(h)) do want(name) end
    end
  elseif step[1] == 1 and step[13] == 1 then
    wantChain(batch[1][step[12]])
    for _, account in ipairs(chainOf(batch[1][step[12]])[1]) do
      local id = string.match(account, '^session:(.+)$')
      if id then sliceIds[id] = true end
    end
  end
end
local found = fieldsOf(KEYS[3], accounts)
for _, account in ipairs(accounts) do
  local windows, packed = {}, found[account]
  for at = 1, packed and #packed or 0, 40 do windows[unpackDoubles(LIMIT, packed, at)] = true end
  limits[account] = windows
end
local function namesOf(accounts, beginnings)
  local names, windows = {}, {}
  for _, account in ipairs(accounts) do
    for window in pairs(limits[account]) do
      if window > 0 then
        names[#names + 1] = counterName(window, beginnings, account)
        windows[#windows + 1] = window
      end
    end
  end
  return names, windows
end
for i, step in ipairs(steps) do
  local h, chain = states[step[2]], step[1] == 1 and step[12] > 0 and chainOf(batch[1][step[12]])
  if step[1] == 1 and (h or step[13] == 1) then
    local own = chainOf(h and h.chain or batch[1][step[12]])
    step.names, step.windows = namesOf(own[1], chain and chain[3] or own[3])
    for _, name in ipairs(step.names) do want(name) end
  end
end
if next(sliceIds) then loadSlices(sliceIds, states) end
load()

local function finish(id, h, state, at)
  if h[1] == 0 then
    eachHeld(h, function(c)
      take(c, 7, h, 7)
      c[13] = c[13] - 1
    end)
    h.windows = ''
    h.over = true
  end
  local wasLive = h[1] == 0
  h[1] = state
  if h[6] == 0 then h[6] = at end
  h.changed = true
  local chain = chainOf(h.chain)
  if wasLive and #chain[4] > 0 then limitSession(id, {}) end
  if chain[2] ~= '' then align(chain[2]) end
end
local function charge(h, step)
  local x, any = {}, false
  for i = 1, 6 do
    x[i] = step[5 + i] - h[12 + i]
    any = any or x[i] ~= 0
  end
  if not any then return end
  local done = {}
  local function once(name)
    if done[name] then return end
    done[name] = true
    add(counters[name], 1, x, 1)
  end
  for _, account in ipairs(chainOf(h.chain)[1]) do
    -- A session that has been forgotten would come back with a part of what it has spent.
    local forgotten = not counters[account].there and not next(limits[account]) and string.find(account, '^session:')
    if not forgotten then once(account) end
  end
  for _, list in ipairs({noted(h), step.names}) do
    for _, name in ipairs(list) do
      if counters[name].there then once(name) end
    end
  end
  for i = 1, 6 do h[12 + i] = step[5 + i] end
end
local function same(h, step)
  for i = 1, 6 do
    if h[12 + i] ~= step[5 + i] then return false end
  end
  return true
end

local act = {}
act[1] = function(h, step, i)
  local rank, isUnknown = step[4], not h
  if not h then
    if step[13] ~= 1 then return 0 end
    h = {2, 1, 0, step[3], step[3], step[3], 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, step[14]}
    for at = 1, 6 do h[12 + at] = step[16][at] end
    h.chain, h.windows, h.rest, h.key = batch[1][step[12]], '', ARGV[i + 4], i
    states[step[2]] = h
    for at, name in ipairs(step.names) do
      if step[15][step.windows[at]] > step[3] then counters[name].there = true end
    end
  end
  if rank < h[3] or (rank == h[3] and h[1] ~= 0 and same(h, step)) then return 0 end
  charge(h, step)
  finish(step[2], h, step[5], step[3])
  h[3] = rank
  if isUnknown then alignSessions(chainOf(h.chain)[1]) end
  return 1
end
act[2] = function(h, step)
  if not h then return 0 end
  if h[1] == 2 then return step[4] < 0 and 1 or 0 end
  if h[1] ~= 0 or h[2] == 1 or (step[4] >= 0 and h[5] > step[4]) then return 0 end
  finish(step[2], h, 2, step[3])
  return 1
end
act[3] = function(h)
  if h and h[1] == 0 and h[2] == 0 then
    h[2] = 1
    h.changed = true
  end
  return 1
end
act[4] = function(h, step)
  if not h or h[1] ~= 0 then return 0 end
  if h[5] ~= step[3] then
    h[5] = step[3]
    h.changed = true
    h.moved = true
  end
  return 1
end
act[5] = function(h, step)
  if not h or h[1] ~= 0 then return 0 end
  if h[7] > step[3] or (h[7] == step[3] and h[8] > step[4]) then
    local freed = {h[7] - step[3], h[8] - step[4], 0, 0, 0, 0}
    eachHeld(h, function(c) take(c, 7, freed, 1) end)
    h[7], h[8], h.changed = step[3], step[4], true
    if chainOf(h.chain)[2] ~= '' then align(chainOf(h.chain)[2]) end
  end
  return {text(h[7]), text(h[8])}
end
for i, step in ipairs(steps) do reply[i + 1] = act[step[1]](states[step[2]], step, i) end

local still, gone, moved = {}, {}, {}
for id, slice in pairs(slices) do states[id] = slice end
for id, h in pairs(states) do
  if h.changed and h[1] == 0 then
    still[#still + 1] = id
    still[#still + 1] = packHold(h)
    if h.moved then
      moved[#moved + 1] = h[5]
      moved[#moved + 1] = id
    end
  elseif h.changed then
    if h.over then gone[#gone + 1] = id end
    redis.call('SET', KEYS[h.key + 5], packHold(h), 'PX', remember)
  end
end
save()
write('HSET', KEYS[4], still)
write('ZADD', KEYS[5], moved)
write('HDEL', KEYS[4], gone)
write('ZREM', KEYS[5], gone)
return reply
`;

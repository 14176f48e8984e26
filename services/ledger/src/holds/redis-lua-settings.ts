/**
 * Sets what holds are checked against. Steps: {1 limit, account, window, unit, 1 if soft, 1 to set or 0 to remove, two limbs}, {2 opens a
 * window, counter, account, start, end, six limbs spent}, {3 spent in total, account, six limbs}, {4 forgets all windows}, {5 forgets, counters}, {6 forgets
 * accounts without limits and holds, accounts}.
 * Opening sets what is held to the live holds that began in the instance, and notes it on them.
 */
export const SETTINGS = `
local limits, wantedLimits, holds, gone, sliceIds = {}, {}, nil, {}, {}
local WINDOW_NAME = '^(%l+)@%-?%d+|'
for _, step in ipairs(batch) do
  if step[1] == 1 and not limits[step[2]] then
    limits[step[2]] = {}
    wantedLimits[#wantedLimits + 1] = step[2]
  elseif step[1] == 2 or step[1] == 3 then
    want(step[2])
    local id = step[1] == 3 and string.match(step[2], '^session:(.+)$')
    if id then sliceIds[id] = true end
  elseif step[1] == 6 then
    for _, account in ipairs(step[2]) do want(account) end
  end
end
if next(sliceIds) then loadSlices(sliceIds, {}) end
for account, packed in pairs(fieldsOf(KEYS[3], wantedLimits)) do
  for at = 1, packed and #packed or 0, 40 do
    local rows = limits[account]
    rows[#rows + 1] = {unpackDoubles(LIMIT, packed, at)}
  end
end
load()
local function liveHolds()
  if holds then return holds end
  holds = {}
  local all = redis.call('HGETALL', KEYS[4])
  for i = 1, #all, 2 do
    local h = parseHold(all[i + 1])
    h.id = all[i]
    holds[#holds + 1] = h
  end
  return holds
end
local function windowNames()
  local found = {}
  for _, name in ipairs(redis.call('HKEYS', KEYS[2])) do
    if string.find(name, WINDOW_NAME) then found[#found + 1] = name end
  end
  return found
end
local function forget(list)
  for _, name in ipairs(list) do
    if counters[name] then counters[name].changed = false end
  end
  write('HDEL', KEYS[2], list)
end
local function forgetWindow(account, window)
  local list = {}
  for _, name in ipairs(windowNames()) do
    local _, ends, kind = string.find(name, WINDOW_NAME)
    if kind == WINDOWS[window] and string.sub(name, ends + 1) == account then list[#list + 1] = name end
  end
  forget(list)
end
local act = {}
act[1] = function(step)
  local kept, others = {}, step[6] == 1
  for _, row in ipairs(limits[step[2]]) do
    if row[1] ~= step[3] or row[2] ~= step[4] or row[3] ~= step[5] then
      kept[#kept + 1] = row
      others = others or row[1] == step[3]
    end
  end
  if step[6] == 1 then kept[#kept + 1] = {step[3], step[4], step[5], step[7], step[8]} end
  limits[step[2]] = kept
  if not others and step[3] > 0 then forgetWindow(step[2], step[3]) end
end
act[2] = function(step)
  local c, name = counters[step[2]], step[2]
  for i = 1, 6 do c[i], c[6 + i] = step[5 + i], 0 end
  c[13] = 0
  c.changed = true
  for _, h in ipairs(liveHolds()) do
    local inside = false
    if h[19] >= step[4] and h[19] < step[5] then
      for _, account in ipairs(chainOf(h.chain)[1]) do inside = inside or account == step[3] end
    end
    if inside then
      add(c, 7, h, 7)
      c[13] = c[13] + 1
      local list, known = {}, false
      for i, each in ipairs(noted(h)) do
        list[i] = each
        known = known or each == name
      end
      if not known then
        list[#list + 1] = name
        h.windows = cjson.encode(list)
        h.changed = true
      end
    end
  end
end
act[3] = function(step)
  local c = counters[step[2]]
  for i = 1, 6 do c[i] = step[2 + i] end
  c.changed = true
  alignSessions({step[2]})
end
act[4] = function() forget(windowNames()) end
act[5] = function(step) forget(step[2]) end
act[6] = function(step)
  local limited, over = fieldsOf(KEYS[3], step[2]), {}
  for _, account in ipairs(step[2]) do
    local used = counters[account][13]
    for i = 7, 12 do used = math.max(used, math.abs(counters[account][i])) end
    if used == 0 and not limited[account] then over[#over + 1] = account end
  end
  forget(over)
end
for i, step in ipairs(batch) do
  act[step[1]](step)
  reply[i + 1] = 1
end
local set = {}
for account, rows in pairs(limits) do
  local packed = {}
  for i, row in ipairs(rows) do packed[i] = packDoubles(LIMIT, row[1], row[2], row[3], row[4], row[5]) end
  if #packed == 0 then
    gone[#gone + 1] = account
  else
    set[#set + 1] = account
    set[#set + 1] = table.concat(packed)
  end
end
write('HSET', KEYS[3], set)
write('HDEL', KEYS[3], gone)
local noticed = {}
for id, slice in pairs(slices) do
  if slice.changed then
    noticed[#noticed + 1] = id
    noticed[#noticed + 1] = packHold(slice)
  end
end
for _, h in ipairs(holds or {}) do
  if h.changed then
    noticed[#noticed + 1] = h.id
    noticed[#noticed + 1] = packHold(h)
  end
end
save()
write('HSET', KEYS[4], noticed)
return reply
`;

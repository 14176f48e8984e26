import { createHash } from "node:crypto";

/** One Lua script with the digest Redis knows it by. */
export interface Script {
  readonly text: string;
  readonly digest: string;
}

/**
 * What all scripts share. An amount is a pair {high, low}, value = high * 10^9 + low with 0 <= low < 10^9, so that no number
 * passes 2^53. Indexes: 1 = nano-USD, 2 = input tokens, 3 = output tokens. Stored amounts are packed doubles: reading twenty
 * small fields one by one cost more than everything else together. KEYS[1] = the hold, KEYS[2] = live holds by expiry,
 * KEYS[3] = names of accounts. ARGV[1] = prefix of account keys, ARGV[2] = id of the hold.
 */
const PRELUDE = `
local B = 1000000000
local function num(v) return tonumber(v or 0) or 0 end
local function text(n) return string.format('%.0f', n) end
local function pair(v, i) return {num(v[i]), num(v[i + 1])} end
local function norm(h, l)
  if l >= B then return {h + 1, l - B} elseif l < 0 then return {h - 1, l + B} end
  return {h, l}
end
local function add(a, b) return norm(a[1] + b[1], a[2] + b[2]) end
local function sub(a, b) return norm(a[1] - b[1], a[2] - b[2]) end
local function above(a, b) return a[1] > b[1] or (a[1] == b[1] and a[2] > b[2]) end
local function same(a, b) return a[1] == b[1] and a[2] == b[2] end
local function amounts(v, i) return {pair(v, i), pair(v, i + 2), pair(v, i + 4)} end
local function pack(x) return struct.pack('>dddddd', x[1][1], x[1][2], x[2][1], x[2][2], x[3][1], x[3][2]) end
local function unpacked(v)
  if not v then return {{0, 0}, {0, 0}, {0, 0}} end
  local a, b, c, d, e, f = struct.unpack('>dddddd', v)
  return {{a, b}, {c, d}, {e, f}}
end
local NONE = {{0, 0}, {0, 0}, {0, 0}}
local function load(key)
  local v = redis.call('HMGET', key, 's', 'd', 'c')
  return {spent = unpacked(v[1]), held = unpacked(v[2]), count = num(v[3])}
end
local function units(x) return {x[1], add(x[2], x[3]), x[2], x[3]} end
local function three(x, f, y) return {f(x[1], y[1]), f(x[2], y[2]), f(x[3], y[3])} end
local function accountsOf(detail)
  local all = cjson.decode(detail)
  local names = {}
  for i = 7, #all do names[#names + 1] = all[i] end
  return names
end
local function hold()
  local v = redis.call('HMGET', KEYS[1], 'st', 'b', 'r', 'x', 'h', 't', 'j', 'e')
  if not v[1] then return nil end
  return {state = v[1], started = v[2] == '1', rank = num(v[3]), expires = num(v[4]), amounts = unpacked(v[5]),
    settled = unpacked(v[6]), detail = v[7], ended = num(v[8])}
end
local function finish(h, state, total, rank, at, keep)
  local charge = three(total, sub, h.settled)
  for _, name in ipairs(accountsOf(h.detail)) do
    local key = ARGV[1] .. name
    local a = load(key)
    local spent = pack(three(a.spent, add, charge))
    if h.state == 'live' then
      redis.call('HSET', key, 's', spent, 'd', pack(three(a.held, sub, h.amounts)), 'c', text(a.count - 1))
    else
      redis.call('HSET', key, 's', spent)
    end
  end
  redis.call('HSET', KEYS[1], 'st', state, 'r', text(rank), 'e', text(h.ended == 0 and num(at) or h.ended), 't', pack(total))
  redis.call('ZREM', KEYS[2], ARGV[2])
  redis.call('PEXPIRE', KEYS[1], keep)
end
`;

function script(body: string): Script {
  const text = `${PRELUDE}\n${body}`;
  return { text, digest: createHash("sha1").update(text).digest("hex") };
}

/** ARGV: prefix, id, 1 to restore without asking for room, expiry, placed at, detail, started, six limbs, names of accounts. */
const PLACE = `
if redis.call('EXISTS', KEYS[1]) == 1 then return {'known'} end
local nh, nl, ih, il, oh, ol = num(ARGV[8]), num(ARGV[9]), num(ARGV[10]), num(ARGV[11]), num(ARGV[12]), num(ARGV[13])
local function shortfalls(name, v, into)
  local spent = units(unpacked(v[3]))
  local held = units(unpacked(v[1]))
  local wanted = units({{nh, nl}, {ih, il}, {oh, ol}})
  for u = 1, 4 do
    local some = wanted[u][1] ~= 0 or wanted[u][2] ~= 0
    if v[3 + u] and some then
      local h, l = struct.unpack('>dd', v[3 + u])
      local limit = {h, l}
      if above(add(add(spent[u], held[u]), wanted[u]), limit) then
        local row = {name, u}
        for _, x in ipairs({limit, spent[u], held[u], wanted[u]}) do
          row[#row + 1] = text(x[1]); row[#row + 1] = text(x[2])
        end
        into[#into + 1] = row
      end
    end
  end
end
local held = {}
local count = {}
local refused = {'refused'}
for i = 14, #ARGV do
  local v = redis.call('HMGET', ARGV[1] .. ARGV[i], 'd', 'c', 's', 'ln', 'lt', 'li', 'lo')
  if ARGV[3] ~= '1' and (v[4] or v[5] or v[6] or v[7]) then shortfalls(ARGV[i], v, refused) end
  local a, b, c, d, e, f = 0, 0, 0, 0, 0, 0
  if v[1] then a, b, c, d, e, f = struct.unpack('>dddddd', v[1]) end
  -- Without tables: this runs for every account of every hold.
  b = b + nl; d = d + il; f = f + ol
  if b >= B then b = b - B; a = a + 1 end
  if d >= B then d = d - B; c = c + 1 end
  if f >= B then f = f - B; e = e + 1 end
  held[i] = struct.pack('>dddddd', a + nh, b, c + ih, d, e + oh, f)
  count[i] = num(v[2])
end
if #refused > 1 then return refused end
for i = 14, #ARGV do
  if count[i] == 0 then redis.call('SADD', KEYS[3], ARGV[i]) end
  redis.call('HSET', ARGV[1] .. ARGV[i], 'd', held[i], 'c', count[i] + 1)
end
redis.call('HSET', KEYS[1], 'st', 'live', 'b', ARGV[7], 'r', '0', 'x', ARGV[4], 'p', ARGV[5], 'j', ARGV[6], 'e', '0',
  'h', struct.pack('>dddddd', nh, nl, ih, il, oh, ol))
redis.call('ZADD', KEYS[2], ARGV[4], ARGV[2])
return {'granted'}
`;

/** ARGV: prefix, id, new expiry. */
const RENEW = `
if redis.call('HGET', KEYS[1], 'st') ~= 'live' then return 0 end
redis.call('HSET', KEYS[1], 'x', ARGV[3])
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[2])
return 1
`;

/** ARGV: prefix, id, high and low limb of what to keep. Returns the limbs of what is held. */
const SHRINK = `
local h = hold()
if not h or h.state ~= 'live' then return false end
local keep = pair(ARGV, 3)
if above(h.amounts[1], keep) then
  local freed = {sub(h.amounts[1], keep), {0, 0}, {0, 0}}
  for _, name in ipairs(accountsOf(h.detail)) do
    local key = ARGV[1] .. name
    redis.call('HSET', key, 'd', pack(three(load(key).held, sub, freed)))
  end
  redis.call('HSET', KEYS[1], 'h', pack({keep, h.amounts[2], h.amounts[3]}))
else
  keep = h.amounts[1]
end
return {text(keep[1]), text(keep[2])}
`;

const START = `
if redis.call('HGET', KEYS[1], 'st') == 'live' then redis.call('HSET', KEYS[1], 'b', '1') end
return 1
`;

/** ARGV: prefix, id, at, how long to remember (ms), latest expiry or empty. */
const VOID = `
local h = hold()
if not h then return 0 end
if h.state == 'void' then return ARGV[5] == '' and 1 or 0 end
if h.state ~= 'live' or h.started then return 0 end
if ARGV[5] ~= '' and h.expires > num(ARGV[5]) then return 0 end
finish(h, 'void', h.settled, h.rank, ARGV[3], ARGV[4])
return 1
`;

/** ARGV: prefix, id, at, how long to remember (ms), rank, ending, six limbs of the total, JSON of accounts for an unknown hold or empty. */
const SETTLE = `
local h = hold()
local rank = num(ARGV[5])
local total = amounts(ARGV, 7)
if not h then
  if ARGV[13] == '' then return 0 end
  local names = cjson.decode(ARGV[13])
  local detail = {'', '', '', '', '', ''}
  for _, name in ipairs(names) do detail[#detail + 1] = name; redis.call('SADD', KEYS[3], name) end
  h = {state = 'void', started = true, rank = 0, amounts = NONE, settled = NONE, detail = cjson.encode(detail), ended = num(ARGV[3])}
  redis.call('HSET', KEYS[1], 'b', '1', 'x', ARGV[3], 'p', ARGV[3], 'j', h.detail, 'h', pack(NONE))
end
if rank < h.rank then return 0 end
if rank == h.rank and h.state ~= 'live' then
  local t = h.settled
  if same(t[1], total[1]) and same(t[2], total[2]) and same(t[3], total[3]) then return 0 end
end
finish(h, ARGV[6], total, rank, ARGV[3], ARGV[4])
return 1
`;

/** One script per step of a hold's life; `machine.ts` is the same in TypeScript, and one contract suite runs over both. */
export const SCRIPTS = {
  place: script(PLACE),
  renew: script(RENEW),
  shrink: script(SHRINK),
  start: script(START),
  void: script(VOID),
  settle: script(SETTLE),
} as const satisfies Record<string, Script>;

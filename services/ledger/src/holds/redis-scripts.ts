import { createHash } from "node:crypto";

/** One Lua script with the digest Redis knows it by. */
export interface Script {
  readonly text: string;
  readonly digest: string;
}

/**
 * What all scripts share. An amount is two limbs, value = high * 10^9 + low with 0 <= low < 10^9, so that no number passes
 * 2^53. Stored amounts are packed doubles and all accounts of a tenant share three hashes: the number of commands is what a
 * script costs. KEYS: 1 the hold, 2 live holds by expiry, 3 held per account (six limbs and the number of holds), 4 spent per
 * account (six limbs), 5 limits per account (per unit: 1 or 0, two limbs). ARGV[1] = id of the hold. Amounts in tables are
 * {high, low} of 1 nano-USD, 2 input tokens, 3 output tokens; of limits 1 nano-USD, 2 tokens, 3 input, 4 output tokens.
 */
const PRELUDE = `
local B = 1000000000
local function num(v) return tonumber(v or 0) or 0 end
local function text(n) return string.format('%.0f', n) end
local function norm(h, l)
  if l >= B then return {h + 1, l - B} elseif l < 0 then return {h - 1, l + B} end
  return {h, l}
end
local function add(a, b) return norm(a[1] + b[1], a[2] + b[2]) end
local function sub(a, b) return norm(a[1] - b[1], a[2] - b[2]) end
local function above(a, b) return a[1] > b[1] or (a[1] == b[1] and a[2] > b[2]) end
local function three(x, f, y) return {f(x[1], y[1]), f(x[2], y[2]), f(x[3], y[3])} end
local function amounts(v, i)
  return {{num(v[i]), num(v[i + 1])}, {num(v[i + 2]), num(v[i + 3])}, {num(v[i + 4]), num(v[i + 5])}}
end
local function pack(x) return struct.pack('>dddddd', x[1][1], x[1][2], x[2][1], x[2][2], x[3][1], x[3][2]) end
local function unpacked(v)
  if not v then return {{0, 0}, {0, 0}, {0, 0}} end
  local a, b, c, d, e, f = struct.unpack('>dddddd', v)
  return {{a, b}, {c, d}, {e, f}}
end
local function packHeld(x, n) return pack(x) .. struct.pack('>d', n) end
local function opened(v) return v and (struct.unpack('>d', v, 49)) or 0 end
`;

/** For the scripts that change a hold which exists. */
const HOLD = `
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
local function change(key, names, f)
  local before = redis.call('HMGET', key, unpack(names))
  local after = {}
  for i, name in ipairs(names) do
    after[#after + 1] = name
    after[#after + 1] = f(before[i])
  end
  redis.call('HSET', key, unpack(after))
end
local function finish(h, state, total, rank, at, keep)
  local charge = three(total, sub, h.settled)
  local names = accountsOf(h.detail)
  if h.state == 'live' then
    change(KEYS[3], names, function(v) return packHeld(three(unpacked(v), sub, h.amounts), opened(v) - 1) end)
  end
  change(KEYS[4], names, function(v) return pack(three(unpacked(v), add, charge)) end)
  redis.call('HSET', KEYS[1], 'st', state, 'r', text(rank), 'e', text(h.ended == 0 and num(at) or h.ended), 't', pack(total))
  redis.call('ZREM', KEYS[2], ARGV[1])
  redis.call('PEXPIRE', KEYS[1], keep)
end
`;

function script(...parts: readonly string[]): Script {
  const text = parts.join("\n");
  return { text, digest: createHash("sha1").update(text).digest("hex") };
}

/**
 * ARGV: id, 1 to restore without asking for room, expiry, placed at, detail, started, six limbs, names of accounts. Every
 * request waits for this one, so the way to a grant makes no tables of amounts; only a refusal explains itself with them.
 */
const PLACE = `
if redis.call('EXISTS', KEYS[1]) == 1 then return {'known'} end
local B, floor, number, pack7, unpackPacked = 1000000000, math.floor, tonumber, struct.pack, struct.unpack
local function over(h, l, limitHigh, limitLow)
  local carry = floor(l / B)
  h = h + carry
  l = l - carry * B
  return h > limitHigh or (h == limitHigh and l > limitLow)
end
local names = {unpack(ARGV, 13)}
local packed = redis.call('HMGET', KEYS[3], unpack(names))
local limits = ARGV[2] ~= '1' and redis.call('HMGET', KEYS[5], unpack(names))
local nh, nl, ih, il = number(ARGV[7]), number(ARGV[8]), number(ARGV[9]), number(ARGV[10])
local oh, ol = number(ARGV[11]), number(ARGV[12])
local spent = nil
local full = false
local after = {}
for i, name in ipairs(names) do
  local a, b, c, d, e, f, n = 0, 0, 0, 0, 0, 0, 0
  if packed[i] then a, b, c, d, e, f, n = unpackPacked('>ddddddd', packed[i]) end
  a = a + nh; b = b + nl; c = c + ih; d = d + il; e = e + oh; f = f + ol
  if limits and limits[i] then
    spent = spent or redis.call('HMGET', KEYS[4], unpack(names))
    local sa, sb, sc, sd, se, sf = 0, 0, 0, 0, 0, 0
    if spent[i] then sa, sb, sc, sd, se, sf = unpackPacked('>dddddd', spent[i]) end
    local n1, h1, l1, n2, h2, l2, n3, h3, l3, n4, h4, l4 = unpackPacked('>dddddddddddd', limits[i])
    local money, input, output = nh ~= 0 or nl ~= 0, ih ~= 0 or il ~= 0, oh ~= 0 or ol ~= 0
    full = full or (n1 == 1 and money and over(sa + a, sb + b, h1, l1))
      or (n2 == 1 and (input or output) and over(sc + c + se + e, sd + d + sf + f, h2, l2))
      or (n3 == 1 and input and over(sc + c, sd + d, h3, l3))
      or (n4 == 1 and output and over(se + e, sf + f, h4, l4))
  end
  if b >= B then b = b - B; a = a + 1 end
  if d >= B then d = d - B; c = c + 1 end
  if f >= B then f = f - B; e = e + 1 end
  after[2 * i - 1] = name
  after[2 * i] = pack7('>ddddddd', a, b, c, d, e, f, n + 1)
end
if full then
  ${PRELUDE}
  local refused = {'refused'}
  local function units(x) return {x[1], add(x[2], x[3]), x[2], x[3]} end
  local wanted = units(amounts(ARGV, 7))
  for i, name in ipairs(names) do
    local settled, inFlight = units(unpacked(spent[i])), units(unpacked(packed[i]))
    for u = 1, limits[i] and 4 or 0 do
      local has, h, l = struct.unpack('>ddd', limits[i], 24 * u - 23)
      local limit = {h, l}
      local some = wanted[u][1] ~= 0 or wanted[u][2] ~= 0
      if has == 1 and some and above(add(add(settled[u], inFlight[u]), wanted[u]), limit) then
        local row = {name, u}
        for _, x in ipairs({limit, settled[u], inFlight[u], wanted[u]}) do
          row[#row + 1] = text(x[1]); row[#row + 1] = text(x[2])
        end
        refused[#refused + 1] = row
      end
    end
  end
  return refused
end
redis.call('HSET', KEYS[3], unpack(after))
redis.call('HSET', KEYS[1], 'st', 'live', 'b', ARGV[6], 'r', '0', 'x', ARGV[3], 'p', ARGV[4], 'j', ARGV[5], 'e', '0',
  'h', pack7('>dddddd', nh, nl, ih, il, oh, ol))
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
return {'granted'}
`;

/** ARGV: id, new expiry. */
const RENEW = `
if redis.call('HGET', KEYS[1], 'st') ~= 'live' then return 0 end
redis.call('HSET', KEYS[1], 'x', ARGV[2])
redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1])
return 1
`;

/** ARGV: id, high and low limb of what to keep. Returns the limbs of what is held. */
const SHRINK = `
local h = hold()
if not h or h.state ~= 'live' then return false end
local keep = {num(ARGV[2]), num(ARGV[3])}
if above(h.amounts[1], keep) then
  local freed = {sub(h.amounts[1], keep), {0, 0}, {0, 0}}
  change(KEYS[3], accountsOf(h.detail), function(v) return packHeld(three(unpacked(v), sub, freed), opened(v)) end)
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

/** ARGV: id, at, how long to remember (ms), latest expiry or empty. */
const VOID = `
local h = hold()
if not h then return 0 end
if h.state == 'void' then return ARGV[4] == '' and 1 or 0 end
if h.state ~= 'live' or h.started then return 0 end
if ARGV[4] ~= '' and h.expires > num(ARGV[4]) then return 0 end
finish(h, 'void', h.settled, h.rank, ARGV[2], ARGV[3])
return 1
`;

/** ARGV: id, at, how long to remember (ms), rank, ending, six limbs of the total, detail of an unknown hold or empty. */
const SETTLE = `
local h = hold()
local rank = num(ARGV[4])
local total = amounts(ARGV, 6)
if not h then
  if ARGV[12] == '' then return 0 end
  h = {state = 'void', rank = 0, amounts = unpacked(nil), settled = unpacked(nil), detail = ARGV[12], ended = num(ARGV[2])}
  redis.call('HSET', KEYS[1], 'b', '1', 'x', ARGV[2], 'p', ARGV[2], 'j', h.detail, 'h', pack(h.amounts))
end
if rank < h.rank then return 0 end
if rank == h.rank and h.state ~= 'live' and pack(h.settled) == pack(total) then return 0 end
finish(h, ARGV[5], total, rank, ARGV[2], ARGV[3])
return 1
`;

/** ARGV: id (none), name of the account, index of the unit from 1, 1 to set or 0 to remove, high and low limb. */
const LIMIT = `
local v = redis.call('HGET', KEYS[5], ARGV[2]) or string.rep(struct.pack('>d', 0), 12)
local at = 24 * (num(ARGV[3]) - 1)
local entry = struct.pack('>ddd', num(ARGV[4]), num(ARGV[5]), num(ARGV[6]))
redis.call('HSET', KEYS[5], ARGV[2], string.sub(v, 1, at) .. entry .. string.sub(v, at + 25))
return 1
`;

/** One script per step of a hold's life; `machine.ts` is the same in TypeScript, and one contract suite runs over both. */
export const SCRIPTS = {
  place: script(PLACE),
  renew: script(RENEW),
  shrink: script(PRELUDE, HOLD, SHRINK),
  start: script(START),
  void: script(PRELUDE, HOLD, VOID),
  settle: script(PRELUDE, HOLD, SETTLE),
  limit: script(PRELUDE, LIMIT),
} as const satisfies Record<string, Script>;

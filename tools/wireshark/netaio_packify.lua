-- packify (protocol.md §2): values, as auth fields and peers have them. What does not read is nil.

local packify = {dict = 13} -- the type of a dict, in the low bits of its first byte

local kinds = {
    [0] = "none", "bytes", "bytearray", "str", "int", "int", "bool", "float", "decimal",
    [10] = "list", [11] = "set", [12] = "tuple", [13] = "dict", [20] = "packable",
}
local negative_integer = 5
local depth_max = 128

local function width_of(code) return ({[0] = 0, 1, 2, 4})[math.floor(code / 64)] end

local function number_at(text, at, width)
    local number = 0
    for i = at, at + width - 1 do number = number * 256 + text:byte(i) end
    return number
end

--- Whether it can be shown as text: UTF-8 without control characters other than tabs and line ends.
function packify.is_text(bytes)
    if bytes:find("[\0-\8\11\12\14-\31\127]") then return false end
    local at = 1
    while true do
        at = bytes:find("[\128-\255]", at)
        if not at then return true end
        local lead = bytes:byte(at)
        local more = lead >= 0xc2 and lead <= 0xdf and 1 or lead >= 0xe0 and lead <= 0xef and 2 or
            lead >= 0xf0 and lead <= 0xf4 and 3
        local rest = more and "^" .. ("[\128-\191]"):rep(more)
        if not rest or not bytes:find(rest, at + 1) then return false end
        at = at + more + 1
    end
end

local function hex_of(bytes)
    return (bytes:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end))
end

--- Text as it is, or bytes in hexadecimal digits.
function packify.shown(bytes)
    return packify.is_text(bytes) and bytes or "0x" .. hex_of(bytes)
end

local value_at

-- The items of a list, set, tuple or dict: {offset, size} each.
local function items_of(text, first, last, width)
    if width == 0 or last - first + 1 < 2 + width or text:byte(first + 1) % 64 ~= 0 then return end
    local length_width = width_of(text:byte(first + 1))
    local count = number_at(text, first + 2, width)
    local length_at = first + 2 + width
    local at = length_at + count * length_width
    if (length_width == 0 and count > 0) or at - 1 > last then return end
    local items = {}
    for i = 1, count do
        local size = number_at(text, length_at, length_width)
        if size > last - at + 1 then return end
        items[i] = {at, size}
        length_at, at = length_at + length_width, at + size
    end
    return items
end

local function entry_of(text, first, last, depth)
    local code = first <= last and text:byte(first)
    if not code or (code % 64 ~= 12 and code % 64 ~= 10) then return end
    local pair = items_of(text, first, last, width_of(code))
    if not pair or #pair ~= 2 then return end
    local key = value_at(text, pair[1][1], pair[1][1] + pair[1][2] - 1, depth)
    local value = value_at(text, pair[2][1], pair[2][1] + pair[2][2] - 1, depth)
    return key and value and {key, value}
end

local function collection(value, text, first, last, width, depth)
    local items = depth < depth_max and items_of(text, first, last, width)
    if not items then return end
    value.items = {}
    for i, item in ipairs(items) do
        local at, end_at = item[1], item[1] + item[2] - 1
        local read = value.kind == "dict" and entry_of or value_at
        value.items[i] = read(text, at, end_at, depth + 1)
        if not value.items[i] then return end
    end
    return value
end

local function integer(value, text, first, last, width)
    local at = first + 1
    if width == 0 then
        if at > last then return end
        at, width = at + 1, text:byte(at)
    end
    if at + width - 1 > last then return end
    value.offset, value.bytes = at - 1, text:sub(at, at + width - 1)
    if width <= 6 then
        value.number = number_at(text, at, width)
        if text:byte(first) % 64 == negative_integer then value.number = -value.number end
    end
    return value
end

-- Of what has its size before it.
local function sized(value, text, first, last, width)
    if width == 0 or first + width > last then return end
    local size, at = number_at(text, first + 1, width), first + 1 + width
    if size > last - at + 1 then return end
    value.offset, value.bytes = at - 1, text:sub(at, at + size - 1)
    return value
end

local function packable(value, text, first, last, width)
    if width == 0 or first + 2 * width > last then return end
    local name_size = number_at(text, first + 1, width)
    local data_size = number_at(text, first + 1 + width, width)
    local at = first + 1 + 2 * width
    if name_size + data_size > last - at + 1 then return end
    value.name = text:sub(at, at + name_size - 1)
    at = at + name_size
    value.offset, value.bytes = at - 1, text:sub(at, at + data_size - 1)
    return value
end

local function float(value, text, first, last)
    if first + 8 > last then return end
    local a, b = text:byte(first + 1, first + 2)
    local exponent = a % 128 * 16 + math.floor(b / 16)
    local fraction = (b % 16 * 2 ^ 48 + number_at(text, first + 3, 6)) / 2 ^ 52
    local sign = a >= 128 and -1 or 1
    value.bytes, value.offset = text:sub(first + 1, first + 8), first
    if exponent == 2047 then
        value.number = fraction == 0 and sign * math.huge or 0 / 0
    else
        value.number = exponent == 0 and sign * fraction * 2 ^ -1022 or
            sign * (1 + fraction) * 2 ^ (exponent - 1023)
    end
    return value
end

local readers = {
    bytes = sized, bytearray = sized, str = sized, decimal = sized, int = integer, float = float,
    list = collection, set = collection, tuple = collection, dict = collection,
    packable = packable,
    none = function(value) return value end,
    bool = function(value, text, first, last)
        if last - first ~= 1 then return end
        value.truth = text:byte(last) ~= 0
        return value
    end,
}

value_at = function(text, first, last, depth)
    if first > last then return end
    local code = text:byte(first)
    local kind = kinds[code % 64]
    if not kind then return end
    local value = {kind = kind, first = first - 1, size = last - first + 1}
    return readers[kind](value, text, first, last, width_of(code), depth)
end

--- A value with `kind` and, as that has it, `bytes` (from `offset` on), `number`, `truth`, `name`,
--- or `items`: values, or of a dict {key, value}.
function packify.read(text) return value_at(text, 1, #text, 0) end

--- A value in words.
function packify.describe(value)
    local kind = value.kind
    if kind == "none" then return "none" end
    if kind == "bool" then return tostring(value.truth) end
    if kind == "packable" then return value.name .. " " .. packify.shown(value.bytes) end
    if value.number then
        local whole = kind == "int" and "%d" or "%.17g"
        return whole:format(value.number)
    end
    if value.bytes then return packify.shown(value.bytes) end
    local parts = {}
    for i, item in ipairs(value.items) do
        parts[i] = kind == "dict" and
            packify.describe(item[1]) .. ": " .. packify.describe(item[2]) or packify.describe(item)
    end
    local open, close = "(", ")"
    if kind == "dict" or kind == "set" then open, close = "{", "}" end
    if kind == "list" then open, close = "[", "]" end
    return open .. table.concat(parts, ", ") .. close
end

return packify

-- What sealed frames need, in Lua alone, as Wireshark gives its scripts no cryptography: the key
-- streams of both ciphers, by which texts are read but tags not checked, and CRC-32.

-- Lua 5.3 and later have operators instead, which 5.2 cannot read.
local bits = bit32 or load([[
    local function lrotate(n, by) return (n << by | n >> 32 - by) & 0xffffffff end
    return {
        band = function(a, b) return a & b end,
        bxor = function(a, b, c, d, e) return a ~ b ~ (c or 0) ~ (d or 0) ~ (e or 0) end,
        rshift = function(n, by) return n >> by end,
        lrotate = lrotate,
        rrotate = function(n, by) return lrotate(n, 32 - by) end,
    }]])()
local band, bxor, rshift = bits.band, bits.bxor, bits.rshift
local lrotate, rrotate = bits.lrotate, bits.rrotate
local limit = 4294967296

local ciphers = {aes_gcm = 1, chacha_poly = 2, tag_size = 16}

local crc_table = {}
for i = 0, 255 do
    local value = i
    for _ = 1, 8 do
        local low = band(value, 1)
        value = rshift(value, 1)
        if low == 1 then value = bxor(value, 0xedb88320) end
    end
    crc_table[i] = value
end

--- CRC-32 as zlib computes it.
function ciphers.crc32(text)
    local crc = 0xffffffff
    for i = 1, #text do
        crc = bxor(rshift(crc, 8), crc_table[band(bxor(crc, text:byte(i)), 0xff)])
    end
    return bxor(crc, 0xffffffff)
end

local function little_words(text)
    local words = {}
    for i = 1, #text, 4 do
        local a, b, c, d = text:byte(i, i + 3)
        words[#words + 1] = a + b * 0x100 + c * 0x10000 + d * 0x1000000
    end
    return words
end

local function big_words(text)
    local words = {}
    for i = 1, #text, 4 do
        local a, b, c, d = text:byte(i, i + 3)
        words[#words + 1] = d + c * 0x100 + b * 0x10000 + a * 0x1000000
    end
    return words
end

local function quarter(x, a, b, c, d)
    x[a] = (x[a] + x[b]) % limit
    x[d] = lrotate(bxor(x[d], x[a]), 16)
    x[c] = (x[c] + x[d]) % limit
    x[b] = lrotate(bxor(x[b], x[c]), 12)
    x[a] = (x[a] + x[b]) % limit
    x[d] = lrotate(bxor(x[d], x[a]), 8)
    x[c] = (x[c] + x[d]) % limit
    x[b] = lrotate(bxor(x[b], x[c]), 7)
end

-- A key stream is a function that gives the bytes of its block with a number.
local function chacha_stream(key, nonce)
    local state = little_words("expand 32-byte k" .. key .. "\0\0\0\0" .. nonce)
    return 64, function(number)
        state[13] = number + 1 -- the block before makes the key for the tag
        local x = {}
        for i = 1, 16 do x[i] = state[i] end
        for _ = 1, 10 do
            quarter(x, 1, 5, 9, 13)
            quarter(x, 2, 6, 10, 14)
            quarter(x, 3, 7, 11, 15)
            quarter(x, 4, 8, 12, 16)
            quarter(x, 1, 6, 11, 16)
            quarter(x, 2, 7, 12, 13)
            quarter(x, 3, 8, 9, 14)
            quarter(x, 4, 5, 10, 15)
        end
        local bytes = {}
        for i = 1, 16 do
            local word = (x[i] + state[i]) % limit
            for _ = 1, 4 do
                bytes[#bytes + 1] = word % 0x100
                word = rshift(word, 8)
            end
        end
        return bytes
    end
end

-- Of each byte: its substitute, and the column that comes of it with that.
local sbox, column = {}, {}
do
    local function doubled(n) return n < 128 and 2 * n or bxor(2 * n, 0x11b) end
    local power, log, n = {}, {}, 1
    for i = 0, 254 do
        power[i], log[n] = n, i
        n = bxor(n, doubled(n))
    end
    for i = 0, 255 do
        local inverse = i == 0 and 0 or power[(255 - log[i]) % 255]
        local twice = inverse + inverse * 0x100
        local value = bxor(inverse, rshift(twice, 7), rshift(twice, 6), rshift(twice, 5),
            rshift(twice, 4))
        local s = bxor(band(value, 0xff), 0x63)
        sbox[i] = s
        column[i] = doubled(s) * 0x1000000 + s * 0x10000 + s * 0x100 + bxor(doubled(s), s)
    end
end

local function substituted(word)
    return sbox[rshift(word, 24)] * 0x1000000 + sbox[band(rshift(word, 16), 0xff)] * 0x10000 +
        sbox[band(rshift(word, 8), 0xff)] * 0x100 + sbox[band(word, 0xff)]
end

local rounds = 14

local function aes_schedule(key)
    local words, round = big_words(key), 1
    for i = 9, 4 * (rounds + 1) do
        local word = words[i - 1]
        if i % 8 == 1 then
            word = bxor(substituted(lrotate(word, 8)), round * 0x1000000)
            round = 2 * round
        elseif i % 8 == 5 then
            word = substituted(word)
        end
        words[i] = bxor(words[i - 8], word)
    end
    return words
end

local function aes_block(schedule, words)
    local now = {}
    for i = 1, 4 do now[i] = bxor(words[i], schedule[i]) end
    for round = 1, rounds - 1 do
        local next_words = {}
        for i = 0, 3 do
            next_words[i + 1] = bxor(column[rshift(now[i + 1], 24)],
                rrotate(column[band(rshift(now[(i + 1) % 4 + 1], 16), 0xff)], 8),
                rrotate(column[band(rshift(now[(i + 2) % 4 + 1], 8), 0xff)], 16),
                rrotate(column[band(now[(i + 3) % 4 + 1], 0xff)], 24),
                schedule[4 * round + i + 1])
        end
        now = next_words
    end
    local bytes = {}
    for i = 0, 3 do
        for at = 0, 3 do
            local from = rshift(now[(i + at) % 4 + 1], 24 - 8 * at)
            local key = rshift(schedule[4 * rounds + i + 1], 24 - 8 * at)
            bytes[#bytes + 1] = bxor(sbox[band(from, 0xff)], band(key, 0xff))
        end
    end
    return bytes
end

local function aes_stream(key, nonce)
    local words = big_words(nonce .. "\0\0\0\0")
    local schedule = aes_schedule(key)
    return 16, function(number)
        words[4] = number + 2 -- the block before is for the tag
        return aes_block(schedule, words)
    end
end

-- The number of a message as its cipher counts: four zero bytes, and eight.
local function nonce_of(cipher, number)
    local low_first = number
    if cipher == ciphers.aes_gcm then low_first = number:reverse() end
    return "\0\0\0\0" .. low_first
end

--- A number as eight bytes, the lowest first, which numbers of Lua 5.2 have no room for.
function ciphers.number_bytes(number)
    local bytes = {}
    for i = 1, 8 do
        bytes[i] = number % 0x100
        number = (number - bytes[i]) / 0x100
    end
    return string.char(table.unpack(bytes))
end

--- The first `size` bytes of a text that was sealed with the number that these bytes are.
function ciphers.open(cipher, key, number, sealed, size)
    local open_stream = cipher == ciphers.aes_gcm and aes_stream or chacha_stream
    local width, block = open_stream(key, nonce_of(cipher, number))
    local parts = {}
    for at = 0, size - 1, width do
        local stream, out = block(at / width), {}
        for i = 1, math.min(width, size - at) do
            out[i] = string.char(bxor(sealed:byte(at + i), stream[i]))
        end
        parts[#parts + 1] = table.concat(out)
    end
    return table.concat(parts)
end

--- The key after this one (Noise, REKEY).
function ciphers.next_key(cipher, key)
    return ciphers.open(cipher, key, ("\255"):rep(8), ("\0"):rep(32), 32)
end

return ciphers

-- Wireshark's view of netaio (docs/protocol.md), over TCP and UDP. Its parts are beside it; this is
-- what Wireshark sees: fields, trees, and when to look. With the key log that NETAIO_KEYLOG had a
-- program write, it opens what is sealed.

local folder = debug.getinfo(1, "S").source:match("^@(.*[/\\])") or ""
local ciphers = dofile(folder .. "netaio_ciphers.lua")
local packify = dofile(folder .. "netaio_packify.lua")
local requests = dofile(folder .. "netaio_requests.lua")
local sessions = dofile(folder .. "netaio_sessions.lua")(ciphers, packify)

local netaio = Proto("netaio", "netaio")

local header_size = 9
local session_uri = "netaio/session/1"
local sealed_type, marker = 14, "\14\0\0"

local type_names = {
    [0] = "REQUEST_URI", "RESPOND_URI", "CREATE_URI", "UPDATE_URI", "DELETE_URI", "SUBSCRIBE_URI",
    "UNSUBSCRIBE_URI", "PUBLISH_URI", "NOTIFY_URI", "ADVERTISE_PEER", "OK", "CONFIRM_SUBSCRIBE",
    "CONFIRM_UNSUBSCRIBE", "PEER_DISCOVERED", "sealed", [20] = "ERROR", [23] = "AUTH_ERROR",
    [24] = "NOT_FOUND", [25] = "NOT_PERMITTED", [30] = "DISCONNECT",
}
for number = 31, 255 do type_names[number] = "application type " .. number end
local peer_types = {[9] = true, [13] = true, [30] = true}
local pattern_names = {"IKpsk2", "XXpsk3", "XXpsk3, second question"}
local cipher_names = {"AES-256-GCM", "ChaCha20-Poly1305"}

local f = {
    type = ProtoField.uint8("netaio.type", "Type", base.DEC, type_names),
    auth_length = ProtoField.uint16("netaio.auth_length", "Length of the auth fields"),
    body_length = ProtoField.uint16("netaio.body_length", "Length of the body"),
    crc = ProtoField.uint32("netaio.crc", "CRC-32", base.HEX),
    auth = ProtoField.none("netaio.auth", "Auth fields"),
    field = ProtoField.string("netaio.field", "Field"),
    id = ProtoField.uint32("netaio.id", "Request id", base.HEX),
    made = ProtoField.absolute_time("netaio.timestamp", "Timestamp", base.UTC),
    uri = ProtoField.string("netaio.uri", "Uri"),
    content = ProtoField.bytes("netaio.content", "Content"),
    text = ProtoField.string("netaio.text", "Text"),
    value = ProtoField.string("netaio.value", "Value"),
    peer_id = ProtoField.string("netaio.peer.id", "Peer"),
    peer_data = ProtoField.string("netaio.peer.data", "Its data"),
    answer_in = ProtoField.framenum("netaio.answer_in", "Answer in", base.NONE, frametype.RESPONSE),
    answer_to = ProtoField.framenum("netaio.answer_to", "Answer to", base.NONE, frametype.REQUEST),
    time = ProtoField.relative_time("netaio.time", "Time from the question"),
    pattern = ProtoField.uint8("netaio.session.pattern", "Pattern", base.DEC, pattern_names),
    cipher = ProtoField.uint8("netaio.session.cipher", "Cipher", base.DEC, cipher_names),
    kind = ProtoField.uint8("netaio.session.kind", "Kind", base.DEC, {"goes on", "a cookie"}),
    index = ProtoField.uint32("netaio.session.index", "Index", base.HEX),
    mac2 = ProtoField.bytes("netaio.session.mac2", "Proof of a cookie"),
    cookie = ProtoField.bytes("netaio.session.cookie", "Cookie"),
    ephemeral = ProtoField.bytes("netaio.session.ephemeral", "Ephemeral key"),
    static = ProtoField.bytes("netaio.session.static", "Lasting key, sealed"),
    payload = ProtoField.bytes("netaio.session.payload", "Payload, sealed"),
    asked_in = ProtoField.framenum("netaio.session.asked_in", "Session asked for in"),
    receiver = ProtoField.uint32("netaio.sealed.index", "Receiver's index", base.HEX),
    counter = ProtoField.uint64("netaio.sealed.counter", "Counter"),
    number = ProtoField.uint32("netaio.sealed.number", "Number"),
    sealed = ProtoField.bytes("netaio.sealed.text", "Sealed"),
    tag = ProtoField.bytes("netaio.sealed.tag", "Tag, not checked"),
    probe = ProtoField.uint16("netaio.sealed.probe", "Probe of the path, bytes"),
}
netaio.fields = f

local function problem(name, text, group, severity)
    return ProtoExpert.new("netaio." .. name, text, expert.group[group], expert.severity[severity])
end
local e = {
    malformed = problem("malformed", "No frame of netaio", "MALFORMED", "ERROR"),
    unknown = problem("unknown_type", "A type that is none of the protocol's", "PROTOCOL", "WARN"),
    short = problem("short", "Shorter than its header says", "MALFORMED", "ERROR"),
    crc = problem("crc.bad", "The checksum is wrong", "CHECKSUM", "ERROR"),
    closed = problem("sealed.closed", "Not opened", "DECRYPTION", "NOTE"),
    [20] = problem("error", "ERROR", "RESPONSE_CODE", "WARN"),
    [23] = problem("auth_error", "AUTH_ERROR", "SECURITY", "WARN"),
    [24] = problem("not_found", "NOT_FOUND", "RESPONSE_CODE", "NOTE"),
    [25] = problem("not_permitted", "NOT_PERMITTED", "SECURITY", "WARN"),
}
local all_problems = {}
for _, each in pairs(e) do all_problems[#all_problems + 1] = each end
netaio.experts = all_problems

netaio.prefs.tcp_ports = Pref.range("TCP ports", "8888", "Where servers are", 65535)
netaio.prefs.udp_ports = Pref.range("UDP ports", "8888", "Where nodes are", 65535)
netaio.prefs.key_log = Pref.string("Key log", "",
    "The file that NETAIO_KEYLOG had programs write; unless given, what it names here")

local tcp_stream, udp_stream = Field.new("tcp.stream"), Field.new("udp.stream")

-- What the packets of a capture have left, each in its turn, for later looks at any of them.
local streams, frames

function netaio.init()
    streams, frames = {}, {}
    local path = netaio.prefs.key_log
    if path == "" then path = os.getenv("NETAIO_KEYLOG") end
    sessions.use_log(path)
end

local function remembered(all, key, made)
    if not all[key] then all[key] = made end
    return all[key]
end

local function number_at(bytes, at)
    local high, low = bytes:byte(at + 1, at + 2)
    return high * 256 + low
end

local function hex_of(bytes)
    return (bytes:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end))
end

local function name_of(kind) return type_names[kind] or "unknown type " .. kind end

local function add_expert(tree, which, text) tree:add_proto_expert_info(which, text) end

-- The field `ts`: seconds since 1970.
local function add_timestamp(tree, tvb, value)
    if value.kind == "bytes" and #value.bytes == 4 then
        tree:add(f.made, tvb(value.offset, 4), NSTime.new(tvb(value.offset, 4):uint()))
    elseif value.number and value.number >= 0 and value.number < 2 ^ 32 then
        tree:add(f.made, tvb(value.offset, #value.bytes), NSTime.new(value.number))
    end
end

-- Shows auth fields; what a request id and ciphers say of the message, or nil if they are none.
local function add_auth(tree, tvb, bytes, at, size)
    local fields = packify.read(bytes:sub(at + 1, at + size))
    if not fields or fields.kind ~= "dict" then return end
    local found = {}
    local range = tvb(at, size)
    local branch = tree:add(f.auth, range)
    branch:set_text(("Auth fields: %d"):format(#fields.items))
    for _, item in ipairs(fields.items) do
        local key, value = item[1], item[2]
        local name = packify.describe(key)
        local part = range(key.first, value.first + value.size - key.first)
        local text = packify.describe(value)
        if name == "#" and value.kind == "bytes" and #value.bytes == 4 then
            found.id = range(value.offset, 4):uint()
            text = ("0x%08x"):format(found.id)
            tree:add(f.id, range(value.offset, 4))
        end
        local shown = branch:add(f.field, part, name .. ": " .. text)
        shown:set_text(name .. ": " .. text)
        if name == "ts" then add_timestamp(shown, range, value) end
        found.enciphered = found.enciphered or name == "iv"
    end
    return found
end

-- A question or answer that a session begins with: what each end has sent in clear.
local function add_handshake(look, tree, tvb, at, size, bytes, asks)
    local branch = tree:add(netaio, tvb(at, size), "Session handshake")
    local function take(field, count)
        count = math.min(count, size)
        if count > 0 then branch:add(field, tvb(at, count)) end
        at, size = at + count, size - count
    end
    local function take_first(field) -- a message of Noise that begins with an ephemeral key
        take(f.ephemeral, 32)
        if field then take(field, 48) end
        take(f.payload, size)
    end
    local first = bytes:byte(at + 1)
    local asked = look.stream.asked
    if asks and look.datagram and first == 3 then
        take(f.pattern, 1)
        take(f.index, 4)
        take(f.mac2, 16)
        take(f.static, 48)
        take(f.payload, size)
    elseif asks and not look.datagram and size == 65 then
        take(f.static, 48)
        take(f.payload, size)
    elseif asks then
        take(f.pattern, 1)
        take(f.cipher, 1)
        if look.datagram then
            take(f.index, 4)
            take(f.mac2, 16)
        end
        if look.is_first and size >= 32 then
            asked[#asked + 1] = {ephemeral = hex_of(bytes:sub(at + 1, at + 32)),
                sender = look.sender, frame = look.pinfo.number, pattern = first}
        end
        take_first(first == 1 and f.static)
    else
        if look.datagram then take(f.kind, 1) end
        if look.datagram and first == 2 then
            take(f.cookie, 16)
        else
            take_first(size >= 97 and f.static)
        end
    end
end

local function add_content(look, tree, tvb, bytes, kind, uri, at, size)
    local content = bytes:sub(at + 1, at + size)
    local range = tvb(at, size)
    tree:add(f.content, range)
    if uri == session_uri and kind <= 1 then
        add_handshake(look, tree, tvb, at, size, bytes, kind == 0)
        return
    end
    local value = (peer_types[kind] or uri:find("^netaio/peers/")) and packify.read(content)
    if value and value.kind == "tuple" and #value.items == 2 and value.items[2].bytes then
        local id, data = value.items[1], value.items[2]
        local unpacked = packify.read(data.bytes)
        tree:add(f.peer_id, range(id.first, id.size), packify.describe(id))
        tree:add(f.peer_data, range(data.first, data.size), packify.describe(unpacked or data))
    elseif value then
        tree:add(f.value, range, packify.describe(value))
    elseif packify.is_text(content) then
        tree:add(f.text, range, content)
    end
end

local function add_links(tree, message)
    local answer, question = message.answer, message.question
    if answer then tree:add(f.answer_in, answer.frame):set_generated() end
    if question then
        tree:add(f.answer_to, question.frame):set_generated()
        local passed = message.time - question.time
        local seconds = math.floor(passed)
        local time = NSTime.new(seconds, math.floor((passed - seconds) * 1e9 + 0.5))
        tree:add(f.time, time):set_generated()
    end
end

-- A message, be it in a frame or in a sealed one; `place` tells those of one frame apart. What the
-- column says of it.
local function add_message(look, tree, tvb, bytes, kind, auth, body, place)
    local name = name_of(kind)
    if not type_names[kind] then add_expert(tree, e.unknown, name) end
    local said = #bytes >= auth[1] + auth[2] and add_auth(tree, tvb, bytes, auth[1], auth[2])
    local uri_size = body[2] >= 2 and #bytes >= body[1] + 2 and number_at(bytes, body[1])
    if not said or not uri_size or uri_size > body[2] - 2 then
        if #bytes >= body[1] + body[2] then
            add_expert(tree, e.malformed, said and "the uri goes beyond the body" or
                "no auth fields can be read")
        end
        return name
    end
    local uri_at = body[1] + 2
    local content_at = uri_at + uri_size
    local uri = bytes:sub(uri_at + 1, content_at)
    local content_size = math.min(body[1] + body[2], #bytes) - content_at
    local shown = packify.shown(uri)
    if #uri > 0 then tree:add(f.uri, tvb(uri_at, #uri), shown) end
    if content_size > 0 then
        add_content(look, tree, tvb, bytes, kind, uri, content_at, content_size)
    end
    local readable = not said.enciphered or (#uri >= 4 and packify.is_text(uri))
    local text = name .. (readable and " " .. shown or ", enciphered")
    local content = bytes:sub(content_at + 1, content_at + math.max(content_size, 0))
    if e[kind] then
        add_expert(tree, e[kind], name .. (content ~= "" and packify.is_text(content) and
            ": " .. content or ""))
    end
    if look.is_first then
        local message = {kind = kind, uri = uri, content = e[kind] and content or "", id = said.id,
            hidden = not readable, frame = look.pinfo.number, time = look.pinfo.rel_ts}
        look.frame.messages[place] = message
        requests.take(look.stream, look.sender, look.receiver, message)
    end
    add_links(tree, look.frame.messages[place])
    return text
end

-- What is for the session itself: how large datagrams may be, and where the other is.
local function add_own_part(look, tree, tvb, text, body)
    local kind = body[2] > 0 and text:byte(body[1] + 1)
    if kind == 1 then
        tree:add(f.probe, tvb(body[1], body[2]), look.size)
        return "probe"
    elseif kind == 2 and body[2] >= 3 then
        tree:add(f.probe, tvb(body[1] + 1, 2))
        return "answer to a probe"
    elseif kind == 3 then
        return "asks who moved where it is"
    elseif kind == 4 then
        return "shows where it is"
    end
    return "for the session"
end

local function add_opened(look, tree, text)
    local tvb = ByteArray.new(text, true):tvb("Opened")
    if not look.datagram then
        local kind, auth_size = text:byte(1), number_at(text, 1)
        local branch = tree:add(netaio, tvb(), "Opened: " .. name_of(kind))
        branch:add(f.type, tvb(0, 1))
        return add_message(look, branch, tvb, text, kind, {3, auth_size},
            {3 + auth_size, #text - 3 - auth_size}, 1)
    end
    local said = {}
    for i, part in ipairs(sessions.parts_of(text)) do
        local body = part.body
        local branch = tree:add(netaio, tvb(part.auth[1] - 5, 5 + part.auth[2] + body[2]))
        branch:set_text("Part " .. i .. ": " .. name_of(part.kind))
        branch:add(f.type, tvb(part.auth[1] - 5, 1))
        if part.kind == sealed_type then
            said[i] = add_own_part(look, branch, tvb, text, body)
        else
            said[i] = add_message(look, branch, tvb, text, part.kind, part.auth, body, i)
        end
    end
    return #said > 0 and table.concat(said, ", ") or "sign of life"
end

-- A sealed frame, the content of which stands at an offset.
local function add_sealed(look, tree, tvb, bytes, at, size)
    local sealed = bytes:sub(at + 1, at + size)
    if look.datagram and size >= 12 then
        tree:add(f.receiver, tvb(at, 4))
        tree:add(f.counter, tvb(at + 4, 8))
        sealed, at, size = sealed:sub(13), at + 12, size - 12
    end
    if size < ciphers.tag_size then
        add_expert(tree, e.malformed, "too short for a sealed frame")
        return "sealed"
    end
    local text_size = size - ciphers.tag_size
    if look.is_first then
        local stream = look.stream
        look.frame.asked = stream.asked[#stream.asked]
        look.frame.opens = look.datagram and
            sessions.next_datagram(stream, look.sender, tvb(at - 12, 4):uint(),
                bytes:sub(at - 7, at), sealed) or
            sessions.next_frame(stream, look.sender, look.receiver, sealed)
    end
    local opens, asked = look.frame.opens, look.frame.asked
    if asked then tree:add(f.asked_in, asked.frame):set_generated() end
    if opens.number then tree:add(f.number, opens.number):set_generated() end
    if text_size > 0 then tree:add(f.sealed, tvb(at, text_size)) end
    tree:add(f.tag, tvb(at + text_size, ciphers.tag_size))
    if not opens.key then
        if sessions.has_keys() then add_expert(tree, e.closed, "not opened: " .. opens.why) end
        return "sealed"
    end
    local text = ciphers.open(opens.cipher, opens.key, opens.number_bytes, sealed, text_size)
    if text == marker and not look.datagram then return "sealed: a new key" end
    if text == "" then return "sealed: sign of life" end
    return "sealed: " .. add_opened(look, tree, text)
end

local function add_checksum(tree, tvb, bytes, body)
    local item = tree:add(f.crc, tvb(5, 4))
    local computed = ciphers.crc32(bytes:sub(body[1] + 1, body[1] + body[2]))
    if computed == tvb(5, 4):uint() then
        item:append_text(" [correct]")
    else
        item:append_text((" [wrong, 0x%08x would be right]"):format(computed))
        add_expert(item, e.crc, "the checksum is wrong")
    end
end

-- Why bytes begin with no frame, as far as they tell.
local function no_frame(bytes)
    local kind, first = bytes:byte(1), bytes:byte(header_size + 1)
    if not type_names[kind] then return e.unknown, name_of(kind) end
    if number_at(bytes, 1) == 0 or (first and first % 64 ~= packify.dict) then
        return e.malformed, "no auth fields can be read"
    end
    if number_at(bytes, 3) < 2 then return e.malformed, "the uri goes beyond the body" end
end

-- One frame. What the column says of it.
local function add_frame(look, tree, tvb)
    local bytes = tvb:raw()
    if #bytes < header_size then
        add_expert(tree, e.short, "shorter than a header")
        return "short"
    end
    local kind = bytes:byte(1)
    local auth = {header_size, number_at(bytes, 1)}
    local body = {header_size + auth[2], number_at(bytes, 3)}
    local size = body[1] + body[2]
    tree:add(f.type, tvb(0, 1))
    local which, why = no_frame(bytes)
    if why then
        add_expert(tree, which, why)
        return name_of(kind)
    end
    tree:add(f.auth_length, tvb(1, 2))
    tree:add(f.body_length, tvb(3, 2))
    if #bytes >= size then
        add_checksum(tree, tvb, bytes, body)
    else
        tree:add(f.crc, tvb(5, 4))
        add_expert(tree, e.short, tvb:reported_len() >= size and
            "cut off when it was captured" or "shorter than its header says")
    end
    if kind ~= sealed_type then return add_message(look, tree, tvb, bytes, kind, auth, body, 1) end
    if #bytes < size or body[2] < 2 then return "sealed" end
    return add_sealed(look, tree, tvb, bytes, body[1] + 2, body[2] - 2)
end

-- There may be several in one packet, told by different calls of Wireshark's.
local function add_to_columns(pinfo, text)
    local info = pinfo.cols.info
    pinfo.cols.protocol = "netaio"
    info:clear()
    local before = tostring(info)
    info:append(before:find("^%(?%)?$") and text or "; " .. text)
    info:fence()
end

local function dissect_frame(tvb, pinfo, tree)
    local stream_number = tcp_stream()
    local look = {pinfo = pinfo, datagram = not stream_number, size = tvb:len()}
    local stream_key = stream_number and "tcp " .. tostring(stream_number) or
        "udp " .. tostring(udp_stream())
    look.stream = remembered(streams, stream_key, sessions.new_stream())
    look.sender = tostring(pinfo.src) .. " " .. pinfo.src_port
    look.receiver = tostring(pinfo.dst) .. " " .. pinfo.dst_port
    local key = ("%d %d %d"):format(pinfo.number, tvb:offset(), tvb:len())
    look.is_first = frames[key] == nil
    look.frame = remembered(frames, key, {messages = {}})
    local item = tree:add(netaio, tvb())
    local text = add_frame(look, item, tvb)
    item:append_text(", " .. text)
    add_to_columns(pinfo, text)
    return tvb:len()
end

-- Whether bytes begin as a frame does, as far as they are there.
local function looks_like_frame(tvb)
    if tvb:len() < 14 then return false end
    local auth_size, body_size = tvb(1, 2):uint(), tvb(3, 2):uint()
    if no_frame(tvb:raw(0, 10)) or tvb(10, 1):uint() % 64 ~= 0 then return false end
    local body_at = header_size + auth_size
    if tvb:len() >= body_at + 2 and tvb(body_at, 2):uint() > body_size - 2 then return false end
    return tvb:len() < body_at + body_size or
        ciphers.crc32(tvb:raw(body_at, body_size)) == tvb(5, 4):uint()
end

local function frame_length(tvb, _, at)
    local left = tvb:reported_length_remaining(at)
    -- Then it goes on nowhere, but for a capture that began within a frame: with the next packet.
    if no_frame(tvb:raw(at, math.min(header_size + 1, tvb:len() - at))) then return left end
    return header_size + tvb(at + 1, 2):uint() + tvb(at + 3, 2):uint()
end

function netaio.dissector(tvb, pinfo, tree)
    if pinfo.in_error_pkt then return 0 end -- what ICMP gives back was there already
    if not tcp_stream() then
        return dissect_frame(tvb, pinfo, tree)
    end
    dissect_tcp_pdus(tvb, tree, header_size, frame_length, dissect_frame)
    return tvb:len()
end

local function dissect_unasked(tvb, pinfo, tree)
    if pinfo.in_error_pkt or not looks_like_frame(tvb) then return false end
    pinfo.conversation = netaio
    netaio.dissector(tvb, pinfo, tree)
    return true
end
netaio:register_heuristic("tcp", dissect_unasked)
netaio:register_heuristic("udp", dissect_unasked)

local ports = {}
local function use_ports(transport, range)
    local all = DissectorTable.get(transport .. ".port")
    if ports[transport] then all:remove(ports[transport], netaio) end
    if range ~= "" then all:add(range, netaio) end
    ports[transport] = range ~= "" and range or nil
end
local function use_preferences()
    use_ports("tcp", netaio.prefs.tcp_ports)
    use_ports("udp", netaio.prefs.udp_ports)
end
netaio.prefs_changed = use_preferences
use_preferences()

-- Sealed frames (protocol.md §15, §16): the key log, and with which key and number each was sealed.

return function(ciphers, packify)
    local sessions = {}
    local frames_for_key = 2 ^ 20
    local marker_size = 3 -- that of no message: there are auth fields and a uri in each
    local log

    --- Forgets the key log and reads it anew, in so far as it is there; it may grow later.
    function sessions.use_log(path)
        log = {path = path, read_to = 0, lines = {}, by_ephemeral = {}, by_index = {}}
        sessions.read_log()
    end

    local function bytes_of(hex)
        return (hex:gsub("%x%x", function(byte) return string.char(tonumber(byte, 16)) end))
    end

    local function keep_index(index, line, role)
        local all = log.by_index[index] or {}
        log.by_index[index] = all
        all[#all + 1] = {line = line, role = role}
    end

    local function keep_line(text)
        local ephemeral, cipher, initiator, responder, rest =
            text:match("^NETAIO_SESSION (%x+) ([12]) (%x+) (%x+)(.*)$")
        if not rest or #ephemeral ~= 64 or #initiator ~= 64 or #responder ~= 64 then return end
        ephemeral = ephemeral:lower()
        if log.by_ephemeral[ephemeral] then return end -- the other end's
        local line = {cipher = tonumber(cipher),
            keys = {initiator = bytes_of(initiator), responder = bytes_of(responder)}}
        log.lines[#log.lines + 1] = line
        log.by_ephemeral[ephemeral] = line
        -- What is sealed names its receiver.
        local of_initiator, of_responder = rest:match("^ (%x+) (%x+)")
        if of_responder then
            keep_index(tonumber(of_initiator, 16), line, "responder")
            keep_index(tonumber(of_responder, 16), line, "initiator")
        end
    end

    --- Reads what came to the key log; whether that is anything.
    function sessions.read_log()
        local file = log.path and io.open(log.path, "rb")
        if not file then return false end
        file:seek("set", log.read_to)
        local text = (file:read("*a") or ""):match("^(.*\n)") or ""
        file:close()
        log.read_to = log.read_to + #text
        for line in text:gmatch("[^\r\n]+") do keep_line(line) end
        return text ~= ""
    end

    --- Whether there is a key log with anything in it.
    function sessions.has_keys() return #log.lines > 0 end

    --- What is remembered of a stream: who asked for sessions, and both ends.
    function sessions.new_stream() return {asked = {}, ends = {}} end

    -- Of a type, auth fields and a body, since no tag is checked: whether they are a message.
    local function is_message(kind, auth)
        local fields = packify.read(auth)
        return (kind <= 13 or kind >= 20) and fields ~= nil and fields.kind == "dict"
    end

    -- Whether a key opens a frame; only as much is opened as tells.
    local function fits_frame(cipher, key, number, sealed)
        local size = #sealed - ciphers.tag_size
        local head = ciphers.open(cipher, key, number, sealed, math.min(size, 4))
        if #head < 4 then return head == "\14\0\0" end
        local auth_size = head:byte(2) * 256 + head:byte(3)
        if head:byte(4) % 64 ~= packify.dict or 3 + auth_size > size then return false end
        local text = ciphers.open(cipher, key, number, sealed, 3 + auth_size)
        return is_message(text:byte(1), text:sub(4))
    end

    --- What a sealed datagram holds: for each part its type, and {offset, size} of auth fields and
    --- body. Nil if it is none.
    function sessions.parts_of(text)
        local parts, at = {}, 0
        while at < #text do
            if #text - at < 5 then return end
            local kind, a, b, c, d = text:byte(at + 1, at + 5)
            local part = {kind = kind, auth = {at + 5, a * 256 + b}}
            part.body = {at + 5 + part.auth[2], c * 256 + d}
            at = part.body[1] + part.body[2]
            if at > #text then return end
            local auth = text:sub(part.auth[1] + 1, part.auth[1] + part.auth[2])
            if not (kind == 14 and auth == "") and not is_message(kind, auth) then return end
            parts[#parts + 1] = part
        end
        return parts
    end

    local function fits_datagram(cipher, key, number, sealed)
        local text = ciphers.open(cipher, key, number, sealed, #sealed - ciphers.tag_size)
        return sessions.parts_of(text) ~= nil
    end

    local function role_of(stream, sender)
        return stream.initiator == sender and "initiator" or "responder"
    end

    -- The line of the log for what is sealed on a stream.
    local function find_line(stream, sender, receiver, sealed)
        for i = #stream.asked, 1, -1 do
            local line = log.by_ephemeral[stream.asked[i].ephemeral]
            if line then
                stream.initiator = stream.asked[i].sender
                return line
            end
        end
        -- A handshake in a cipher of the node's own shows nothing: which key opens the first frame?
        if #stream.asked > 0 or stream.ends[sender].number ~= 0 then return end
        for i = #log.lines, 1, -1 do
            local line = log.lines[i]
            for role, key in pairs(line.keys) do
                if fits_frame(line.cipher, key, ciphers.number_bytes(0), sealed) then
                    stream.initiator = role == "initiator" and sender or receiver
                    return line
                end
            end
        end
    end

    -- A sender's key now, after all that took the place of the first.
    local function present_key(of_sender, line, role)
        if not of_sender.key then of_sender.key, of_sender.key_is = line.keys[role], 0 end
        while of_sender.key_is < of_sender.replaced do
            of_sender.key = ciphers.next_key(line.cipher, of_sender.key)
            of_sender.key_is = of_sender.key_is + 1
        end
        return of_sender.key
    end

    --- What opens the next sealed frame of a sender over TCP: `number`, and `cipher`, `key` and
    --- `number_bytes` where the key log has it, or else `why` it cannot be opened. One that comes
    --- again, as it was sent again, is known by its tag.
    function sessions.next_frame(stream, sender, receiver, sealed)
        local of_sender = stream.ends[sender] or {number = 0, replaced = 0, seen = {}}
        stream.ends[sender] = of_sender
        local tag = sealed:sub(-ciphers.tag_size)
        if of_sender.seen[tag] then return of_sender.seen[tag] end
        local found = {number = of_sender.number}
        of_sender.seen[tag] = found
        if found.number > 0 and found.number % frames_for_key == 0 then
            of_sender.replaced = of_sender.replaced + 1
        end
        if not stream.line then
            stream.line = find_line(stream, sender, receiver, sealed)
            if not stream.line and sessions.read_log() then
                stream.line = find_line(stream, sender, receiver, sealed)
            end
        end
        if stream.line then
            found.cipher = stream.line.cipher
            found.number_bytes = ciphers.number_bytes(found.number)
            found.key = present_key(of_sender, stream.line, role_of(stream, sender))
            if not fits_frame(found.cipher, found.key, found.number_bytes, sealed) then
                found.key = nil
                found.why = "the key does not open it; frames may be missing before it"
            end
        else
            found.why = "the key log has no key for it"
        end
        of_sender.number = of_sender.number + 1
        if #sealed - ciphers.tag_size == marker_size then
            of_sender.replaced = of_sender.replaced + 1
        end
        return found
    end

    local function find_for_datagram(stream, sender, index, number, sealed)
        local found
        local function try(line, role)
            if not found and fits_datagram(line.cipher, line.keys[role], number, sealed) then
                found = {cipher = line.cipher, key = line.keys[role], number_bytes = number}
            end
        end
        local all = log.by_index[index] or {}
        for i = #all, 1, -1 do try(all[i].line, all[i].role) end
        for i = #stream.asked, 1, -1 do
            local line = log.by_ephemeral[stream.asked[i].ephemeral]
            if line then
                try(line, stream.asked[i].sender == sender and "initiator" or "responder")
            end
        end
        return found
    end

    --- The same for a datagram, which has the receiver's index and the number, eight bytes, in it.
    function sessions.next_datagram(stream, sender, index, number, sealed)
        number = number:reverse()
        local found = find_for_datagram(stream, sender, index, number, sealed)
        if not found and sessions.read_log() then
            found = find_for_datagram(stream, sender, index, number, sealed)
        end
        return found or {why = "the key log has no key for it"}
    end

    return sessions
end

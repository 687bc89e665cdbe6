-- Which answer is whose (protocol.md §4): by the id of the request, or else by uri, in order.

local requests = {}

local waiting_max = 4096
local expected = {
    [0] = {[1] = true}, [2] = {[10] = true}, [3] = {[10] = true}, [4] = {[10] = true},
    [5] = {[10] = true, [11] = true}, [6] = {[10] = true, [12] = true}, [7] = {[10] = true},
    [9] = {[13] = true},
}
local errors = {[20] = true, [23] = true, [24] = true, [25] = true}
local auth_error, not_permitted = 23, 25

local function is_application(kind) return kind >= 31 end

local function may_answer(question, message)
    if errors[message.kind] then return question.kind ~= 9 end
    if is_application(question.kind) then return is_application(message.kind) end
    return expected[question.kind][message.kind] ~= nil
end

-- Where in what waits the question stands that a message answers.
local function place_of_question(waiting, message)
    if message.id then
        for i, question in ipairs(waiting) do
            if question.id == message.id and may_answer(question, message) then return i end
        end
        return
    end
    -- The end of a subscription answers nothing.
    if message.kind == not_permitted and message.content:find("^subscription ") then return end
    for i, question in ipairs(waiting) do
        if question.uri == message.uri and may_answer(question, message) then return i end
    end
    local bare = errors[message.kind] and (message.uri == "" or message.uri == "ERROR")
    if message.hidden or (bare and (#waiting == 1 or message.kind == auth_error)) then
        for i, question in ipairs(waiting) do
            if may_answer(question, message) then return i end
        end
    end
end

--- Takes a message with `kind`, `uri`, `content`, whether that is `hidden` by a cipher, `id` if it
--- has one, `frame` and `time`, in the order of the capture. If it is an answer, it gets its
--- `question`, and that its `answer`.
function requests.take(stream, sender, receiver, message)
    local asked = stream.waiting or {}
    stream.waiting = asked
    local waiting = asked[receiver] or {}
    local place = place_of_question(waiting, message)
    if place then
        message.question = table.remove(waiting, place)
        message.question.answer = message
    elseif expected[message.kind] or is_application(message.kind) then
        asked[sender] = asked[sender] or {}
        table.insert(asked[sender], message)
        if #asked[sender] > waiting_max then table.remove(asked[sender], 1) end
    end
end

return requests

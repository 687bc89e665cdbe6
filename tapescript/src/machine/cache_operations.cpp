#include "operations.hpp"
#include "run.hpp"
#include "utf8.hpp"

namespace netaio::tapescript::machine {
namespace {

// Nothing is written when there are fewer items than that.
bool take_into_cache(Machine& m, std::string_view key, std::size_t count) {
    Stack& stack = m.stack();
    if (!m.charge_operations(count)) return false;
    if (stack.size() < count) {
        stack.clear();
        return m.fail("IndexError", "the stack is empty");
    }
    std::size_t size = 0;
    for (std::size_t depth = 0; depth < count; ++depth) {
        size += stack.peek(depth).size();
    }
    ValueList* items = m.keep_list(key, count, size);
    if (!items) return false;
    for (Value& item : *items) {
        std::get<std::string>(item) = stack.pop();
    }
    return true;
}

const Value* written(Machine& m, std::string_view key) {
    const auto found = m.cache().written.find(key);
    return found == m.cache().written.end() ? nullptr : &found->second;
}

// Bytes only: anything else at such a key was put there by the program.
bool push_bytes(Machine& m, const Value& value) {
    const std::string* bytes = value.bytes();
    return bytes ? m.push(*bytes) : m.fail("TypeError", "Stack item must be bytes");
}

bool push_written(Machine& m, const Value& value) {
    const ValueList* list = value.list();
    if (!list) return push_bytes(m, value);
    if (!m.charge_operations(list->size())) return false;
    for (const Value& item : *list) {
        if (!push_bytes(m, item)) return false;
    }
    return true;
}

bool push_count(Machine& m, std::size_t count) {
    return m.push_integer(static_cast<std::int64_t>(count));
}

bool push_size(Machine& m, const Value* value) {
    if (!value) return m.push_integer(std::int64_t{0});
    if (const ValueList* list = value->list()) return push_count(m, list->size());
    if (const std::string* bytes = value->bytes()) return push_count(m, bytes->size());
    if (const Text* text = std::get_if<Text>(value)) {
        return push_count(m, count_characters(text->utf8).value_or(0));
    }
    return m.fail("TypeError", "the value in the cache has no length");
}

// A value of the program as bytes; those that have none are left out.
struct PushAsBytes {
    Machine& m;

    bool operator()(std::monostate) const { return true; }
    bool operator()(bool) const { return true; }
    bool operator()(const ValueList&) const { return true; }
    bool operator()(const Integer& number) const { return m.push_integer(number); }
    bool operator()(double number) const { return m.push_float(number); }
    bool operator()(const std::string& bytes) const { return m.push(bytes); }
    bool operator()(const Text& text) const { return m.push(text.utf8); }
};

bool push_named(Machine& m, const Value& value) {
    return std::visit(PushAsBytes{m}, static_cast<const Value::variant&>(value));
}

}  // namespace

bool pop0(Machine& m) {
    return take_into_cache(m, "P", 1);
}

bool pop1(Machine& m) {
    std::uint8_t count;
    return m.read_byte(count) && take_into_cache(m, "P", count);
}

bool write_cache(Machine& m) {
    std::string_view key;
    std::uint8_t count;
    return m.read_sized(key) && m.read_byte(count) && take_into_cache(m, key, count);
}

bool read_cache(Machine& m) {
    std::string_view key;
    if (!m.read_sized(key)) return false;
    const Value* value = written(m, key);
    return value ? push_written(m, *value) : m.fail("OP_READ_CACHE key not in cache");
}

bool read_cache_size(Machine& m) {
    std::string_view key;
    return m.read_sized(key) && push_size(m, written(m, key));
}

bool read_cache_stack(Machine& m) {
    std::string_view key;
    if (!m.pop(key)) return false;
    const Value* value = written(m, key);
    return value ? push_written(m, *value) : m.fail("OP_READ_CACHE_STACK key not in cache");
}

bool read_cache_stack_size(Machine& m) {
    std::string_view key;
    return m.pop(key) && push_size(m, written(m, key));
}

bool get_value(Machine& m) {
    std::string_view key;
    if (!m.read_sized(key)) return false;
    if (!count_characters(key)) return m.fail("UnicodeDecodeError", "the key is not UTF-8");
    const Value* value = m.named(key);
    if (!value) return m.fail("OP_GET_VALUE key \"" + std::string(key) + "\" not in cache");
    const ValueList* list = value->list();
    if (!list) return push_named(m, *value);
    for (const Value& item : *list) {
        if (!m.charge_operations(1) || !push_named(m, item)) return false;
    }
    return true;
}

}  // namespace netaio::tapescript::machine

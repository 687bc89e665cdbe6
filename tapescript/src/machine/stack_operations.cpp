#include <sodium.h>

#include <algorithm>
#include <limits>

#include "operations.hpp"
#include "run.hpp"

namespace netaio::tapescript::machine {

namespace {

bool fits_machine_word(const Integer& number) {
    using Word = std::numeric_limits<std::int64_t>;
    return number >= Word::min() && number <= Word::max();
}

}  // namespace

bool push_false(Machine& m) {
    return m.push_bool(false);
}

bool push_true(Machine& m) {
    return m.push_bool(true);
}

bool push0(Machine& m) {
    std::string_view item;
    return m.read(1, item) && m.push(item);
}

bool push1(Machine& m) {
    std::string_view item;
    return m.read_sized(item) && m.push(item);
}

bool push2(Machine& m) {
    std::string_view item;
    return m.read_sized2(item) && m.push(item);
}

bool size(Machine& m) {
    std::string_view item;
    return m.pop(item) && m.push_integer(static_cast<std::int64_t>(item.size()));
}

// Items are popped and pushed where that shows in the stack of a script that fails halfway.
bool copy(Machine& m) {
    std::uint8_t copies;
    std::string_view item;
    if (!m.read_byte(copies) || !m.charge_operations(copies) || !m.pop(item) || !m.push(item)) {
        return false;
    }
    for (unsigned made = 0; made < copies; ++made) {
        if (!m.push(m.stack().peek())) return false;
    }
    return true;
}

bool dup(Machine& m) {
    std::string_view item;
    return m.pop(item) && m.push(item) && m.push(m.stack().peek());
}

bool depth(Machine& m) {
    return m.push_integer(static_cast<std::int64_t>(m.stack().size()));
}

bool swap(Machine& m) {
    std::uint8_t first;
    std::uint8_t second;
    if (!m.read_byte(first) || !m.read_byte(second)) return false;
    if (first == second) return true;
    if (m.stack().size() <= std::max(first, second)) {
        return m.fail("OP_SWAP stack size exceeded by index");
    }
    m.stack().swap(first, second);
    return true;
}

bool swap2(Machine& m) {
    if (m.stack().size() < 2) {
        m.stack().clear();
        return m.fail("IndexError", "the stack is empty");
    }
    m.stack().swap(0, 1);
    return true;
}

bool reverse(Machine& m) {
    std::uint8_t count;
    if (!m.read_byte(count) || !m.charge_operations(count)) return false;
    if (m.stack().size() < count) return m.fail("OP_REVERSE stack size exceeded");
    for (std::size_t low = 0, high = count; low + 1 < high; ++low) {
        m.stack().swap(low, --high);
    }
    return true;
}

bool random_bytes(Machine& m) {
    Integer size;
    if (!m.pop_integer(size)) return false;
    if (!fits_machine_word(size)) return m.fail("OverflowError", "too many random bytes");
    if (size < 0) return m.fail("ValueError", "a count of random bytes must not be negative");
    if (size > m.stack().max_item_size()) return m.fail("Stack item size too large");
    constexpr std::uint64_t system_call_work = 20;
    if (!m.charge_work(system_call_work)) return false;
    std::string bytes(static_cast<std::size_t>(size), '\0');
    if (!m.charge_hash(bytes.size())) return false;
    randombytes_buf(bytes.data(), bytes.size());
    return m.push(bytes);
}

bool nop(Machine& m) {
    const auto& forks = m.environment().soft_forks;
    if (!forks.empty()) {
        const auto fork = forks.find(m.operation());
        if (fork != forks.end()) return m.run_soft_fork(fork->second);
    }
    std::uint8_t byte;
    if (!m.read_byte(byte)) return false;
    const auto count = static_cast<std::int8_t>(byte);
    if (count < 0) return m.fail("NOP count must not be negative");
    if (!m.charge_operations(byte)) return false;
    std::string_view item;
    for (int taken = 0; taken < count; ++taken) {
        if (!m.pop(item)) return false;
    }
    return true;
}

}  // namespace netaio::tapescript::machine

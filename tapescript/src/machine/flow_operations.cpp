#include "hash.hpp"
#include "operations.hpp"
#include "run.hpp"

namespace netaio::tapescript::machine {

bool def(Machine& m) {
    std::uint8_t handle;
    std::string_view code;
    return m.read_byte(handle) && m.read_sized2(code) && m.define(handle, code);
}

bool call(Machine& m) {
    std::uint8_t handle;
    return m.calls_left() && m.read_byte(handle) && m.call(handle);
}

bool if_block(Machine& m) {
    std::string_view code;
    std::string_view condition;
    if (!m.read_sized2(code) || !m.pop(condition)) return false;
    return !truth_of(condition) || m.enter_block(code);
}

bool if_else(Machine& m) {
    std::string_view code;
    std::string_view otherwise;
    std::string_view condition;
    if (!m.read_sized2(code) || !m.read_sized2(otherwise) || !m.pop(condition)) return false;
    return m.enter_block(truth_of(condition) ? code : otherwise);
}

bool eval(Machine& m) {
    if (m.flags().disallow_eval) return m.fail("OP_EVAL disallowed");
    std::string_view code;
    if (!m.calls_left() || !m.pop(code)) return false;
    if (code.empty()) return m.fail("ValueError", "OP_EVAL encountered empty script");
    return m.enter_eval(code);
}

bool return_now(Machine& m) {
    m.return_from_script();
    return true;
}

// No flag has a name that scripts can write.
bool set_flag(Machine& m) {
    std::string_view flag;
    return m.read_sized(flag) && m.fail("OP_SET_FLAG unrecognized flag");
}

bool unset_flag(Machine& m) {
    std::string_view flag;
    return m.read_sized(flag);
}

// The stack has the script, the hash of its neighbour, and whatever the script needs.
bool merkleval(Machine& m) {
    std::string_view root;
    if (!m.read(Hash256().size(), root)) return false;
    if (!dup(m) || !sha256(m) || !sha256(m)) return false;
    if (m.stack().size() < 3) return m.fail("OP_SWAP stack size exceeded by index");
    m.stack().swap(1, 2);
    return swap2(m) && sha256(m) && bitwise_xor(m) && m.push(root) && equal_verify(m) && eval(m);
}

bool try_except(Machine& m) {
    std::string_view code;
    std::string_view otherwise;
    return m.read_sized2(code) && m.read_sized2(otherwise) && m.enter_trial(code, otherwise);
}

bool loop(Machine& m) {
    std::string_view code;
    return m.read_sized2(code) && m.enter_loop(code);
}

}  // namespace netaio::tapescript::machine

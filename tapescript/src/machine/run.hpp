#pragma once

#include <array>
#include <boost/container/flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <netaio/tapescript/machine.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "flag_set.hpp"

namespace netaio::tapescript::machine {

struct Definition;
using Definitions = boost::container::flat_map<std::uint8_t, std::shared_ptr<Definition>>;

/// What the code of a block, eval or script sees of definitions and flags. Loops and calls use
/// that of others.
struct Scope {
    std::shared_ptr<Definitions> definitions = nullptr;  // shared until one of them writes
    bool given_flags = true;  // false after a loop or call: flags have their defaults again
};

/// Code being read.
struct Tape {
    std::string_view code;
    std::size_t pointer = 0;
    std::int64_t calls = 0;
    Scope* scope = nullptr;
};

/// What OP_CALL runs. Its tape is one and the same for calls inside each other, and scripts can
/// tell.
struct Definition {
    Tape tape;
};

/// Something being run, and what becomes of it at its end.
struct Frame {
    enum class Kind : std::uint8_t { script, block, trial, call, eval, loop };

    Kind kind = Kind::script;
    bool plugins = false;
    Tape* tape = nullptr;  // own_tape, or a definition's
    Tape own_tape = {};
    Scope own_scope = {};
    std::string_view otherwise = {};                   // of a trial: what follows an error
    std::shared_ptr<Definition> definition = nullptr;  // of a call
    std::size_t caller_pointer = 0;                    // where that definition's tape was before
    std::int64_t rounds = 0;                           // of a loop
    std::string evaluated = {};                        // of an eval
};

/// One run: its state, and what operations do with it. Operations return false when they failed,
/// with the error kept here.
class Machine {
public:
    explicit Machine(const RunOptions& options);
    Machine(const Machine&) = delete;
    Machine& operator=(const Machine&) = delete;

    /// Runs a script after those before it. Its code must stay until the last one's end.
    bool run(std::string_view code);
    /// Whether the stack is a single `ff`; an error otherwise.
    bool check_opened();
    /// What came of it all.
    RunResult finish();

    // Failing.
    bool fail(std::string_view type, std::string_view text);
    bool fail(std::string_view text) { return fail("ScriptExecutionError", text); }
    bool fail(const Error& error) { return fail(error.type, error.text); }

    // The budget. False when it is used up.
    bool charge_operations(std::uint64_t count) { return charge(left_.operations, count); }
    bool charge_bytes(std::uint64_t count) { return charge(left_.bytes, count); }
    bool charge_work(std::uint64_t count) { return charge(left_.work, count); }
    bool charge_curve(std::uint64_t count = 1) { return charge_work(100 * count); }
    bool charge_hash(std::size_t size) { return charge_work(1 + size / 64); }

    // The tape.
    bool read(std::size_t size, std::string_view& bytes) {
        Tape& tape = *tape_;
        if (size > tape.code.size() - tape.pointer) return fail("cannot read that many bytes");
        bytes = {tape.code.data() + tape.pointer, size};
        tape.pointer += size;
        return true;
    }
    bool read_byte(std::uint8_t& byte) {
        std::string_view bytes;
        if (!read(1, bytes)) return false;
        byte = static_cast<std::uint8_t>(bytes.front());
        return true;
    }
    /// A length of one or two bytes, and so many bytes.
    bool read_sized(std::string_view& bytes);
    bool read_sized2(std::string_view& bytes);

    // The stack. Popped bytes are valid until the next push.
    bool push(std::string_view item) {
        if (!charge_bytes(item.size())) return false;
        return stack_.push(item) || refuse_push(item.size());
    }
    bool push_bool(bool value) { return push(value ? std::string_view("\xff", 1) : no); }
    bool push_integer(const Integer& number);
    bool push_integer(std::int64_t number);
    bool push_float(double number);
    bool pop(std::string_view& item) {
        if (stack_.empty()) return refuse_pop();
        item = stack_.pop();
        return charge_bytes(item.size());
    }
    bool pop(std::string& item);
    /// So many; more than there are is an error once those are gone.
    bool pop(const Integer& count, std::vector<std::string>& items);
    bool pop_integer(Integer& number);
    bool pop_float(float& number);
    bool peek(std::string_view& item) {
        if (stack_.empty()) return refuse_pop();
        item = stack_.peek();
        return charge_bytes(item.size());
    }
    Stack& stack() noexcept { return stack_; }

    // The cache.
    Cache& cache() noexcept { return cache_; }
    /// Keeps a result where scripts find it.
    bool keep(std::string_view key, std::string_view bytes);
    /// Makes room for a list of bytes there, for which that much is charged; null when the budget
    /// is used up. The list is one of strings, whatever was in them before.
    ValueList* keep_list(std::string_view key, std::size_t count, std::size_t size);
    /// A value that only the program writes; null when there is none.
    const Value* named(std::string_view key) const;

    // Flags, limits, clock and what the program offers.
    const FlagSet& flags() const noexcept {
        return tape().scope->given_flags ? given_flags_ : default_flags_;
    }
    const Limits& limits() const noexcept { return limits_; }
    std::uint8_t signed_fields() const noexcept { return signed_fields_; }
    std::int64_t now();
    const Environment& environment() const noexcept { return environment_; }
    /// Whether plugins run here; not inside blocks, loops and calls.
    bool plugins_allowed() const noexcept { return frames_[depth_ - 1].plugins; }
    bool run_signature_extensions();
    bool run_soft_fork(const SoftFork& fork);

    // Flow.
    bool define(std::uint8_t handle, std::string_view code);
    bool call(std::uint8_t handle);
    bool enter_block(std::string_view code);
    bool enter_trial(std::string_view code, std::string_view otherwise);
    bool enter_loop(std::string_view code);
    bool enter_eval(std::string_view code);
    bool calls_left();
    void return_from_script();
    std::uint8_t operation() const noexcept {
        return static_cast<std::uint8_t>(tape().code[tape().pointer - 1]);
    }

private:
    static constexpr std::string_view no{"\0", 1};

    bool charge(std::uint64_t& left, std::uint64_t count) {
        if (count > left) return exhaust();
        left -= count;
        return true;
    }
    bool exhaust();
    bool refuse_push(std::size_t size);
    bool refuse_pop();

    Tape& tape() const noexcept { return *tape_; }
    Frame* enter(Frame::Kind kind, Tape& parent);
    Frame* enter_scope(Frame::Kind kind, std::string_view code);
    void pop_frame();
    bool leave();
    bool next_round(Frame& loop);
    bool recover(std::size_t outermost);
    void return_if_marked();
    Value& kept(std::string_view key);

    Limits limits_;
    std::uint8_t signed_fields_;
    Budget budget_;
    Budget left_;
    const Environment& environment_;
    FlagSet default_flags_;
    FlagSet given_flags_;
    const Flags& flags_given_;
    std::optional<std::int64_t> now_;

    Stack stack_;
    Cache cache_;
    bool started_ = false;
    bool returned_ = false;  // OP_RETURN's mark, the named value "returned" to scripts

    std::deque<Frame> frames_;  // the first depth_ are in use, others keep their memory
    std::size_t depth_ = 0;
    Tape* tape_ = nullptr;
    Scope scripts_scope_;
    std::int64_t calls_ = 0;
    std::size_t pointer_ = 0;

    bool failed_ = false;
    bool exhausted_ = false;
    std::string error_type_;  // these keep their memory when an error is caught
    std::string error_text_;
};

}  // namespace netaio::tapescript::machine

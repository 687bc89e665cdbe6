#include "run.hpp"

#include <sodium.h>

#include <chrono>
#include <limits>
#include <stdexcept>

#include "number.hpp"
#include "operations.hpp"

namespace netaio::tapescript {
namespace machine {
namespace {

constexpr std::size_t cache_entry_size = 128;

const Environment& environment_of(const RunOptions& options) {
    static const Environment none;
    return options.environment ? *options.environment : none;
}

// Flags that a loop or call does not set back, since they have no default.
Flags without_defaults(const Flags& flags) {
    Flags others = flags;
    for (const auto& entry : default_flags()) {
        others.erase(entry.first);
    }
    return others;
}

Flags overlaid(const Flags& flags) {
    Flags all = flags;
    all.insert(default_flags().begin(), default_flags().end());
    return all;
}

}  // namespace

Machine::Machine(const RunOptions& options)
    : limits_(options.limits),
      signed_fields_(options.signed_fields),
      budget_(options.budget),
      left_(options.budget),
      environment_(environment_of(options)),
      default_flags_(options.flags.empty() ? options.flags : without_defaults(options.flags)),
      given_flags_(options.flags),
      flags_given_(options.flags),
      now_(options.now),
      stack_(options.limits.max_items, options.limits.max_item_size),
      cache_(options.cache) {
    for (const std::string_view item : options.stack) {
        if (!stack_.push(item)) {
            throw std::invalid_argument("the stack to start with is above its limits");
        }
    }
    if (!cache_.named.contains("timestamp")) cache_.named.emplace("timestamp", Integer(now()));
    returned_ = cache_.named.contains("returned");
}

std::int64_t Machine::now() {
    if (!now_) {
        const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
        now_ = std::chrono::duration_cast<std::chrono::seconds>(since_1970).count();
    }
    return *now_;
}

bool Machine::run(std::string_view code) {
    const std::size_t outermost = depth_;
    if (started_) returned_ = false;  // what ends one script must not cut the next one short
    started_ = true;
    Frame& frame = depth_ < frames_.size() ? frames_[depth_] : frames_.emplace_back();
    ++depth_;
    frame.kind = Frame::Kind::script;
    frame.plugins = true;
    frame.own_tape = {code, 0, calls_, &scripts_scope_};
    tape_ = frame.tape = &frame.own_tape;

    bool well = true;
    while (depth_ > outermost) {
        Tape& tape = *tape_;
        if (tape.pointer >= tape.code.size()) {
            well = leave();
        } else {
            const auto operation = static_cast<std::uint8_t>(tape.code[tape.pointer++]);
            well = charge_operations(1) && operations[operation](*this);
        }
        if (!well && !recover(outermost)) return false;
    }
    return true;
}

bool Machine::check_opened() {
    std::string_view item;
    if (stack_.size() == 1) item = stack_.peek();
    if (item == std::string_view("\xff", 1)) return true;
    return fail("AssertionError", "the scripts did not leave a single true");
}

RunResult Machine::finish() {
    RunResult result;
    if (failed_) result.error = Error{std::move(error_type_), std::move(error_text_)};
    result.stack = std::move(stack_);
    if (!returned_) {
        cache_.named.erase("returned");
    } else if (!cache_.named.contains("returned")) {
        cache_.named.emplace("returned", true);
    }
    result.cache = std::move(cache_);
    result.flags =
        overlaid(scripts_scope_.given_flags ? flags_given_ : without_defaults(flags_given_));
    result.callstack_count = calls_;
    result.pointer = pointer_;
    if (scripts_scope_.definitions) {
        for (const auto& entry : *scripts_scope_.definitions) {
            result.definitions.push_back(entry.first);
        }
    }
    result.used = {budget_.operations - left_.operations, budget_.bytes - left_.bytes,
                   budget_.work - left_.work};
    return result;
}

bool Machine::fail(std::string_view type, std::string_view text) {
    failed_ = true;
    error_type_ = type;
    error_text_ = text;
    return false;
}

bool Machine::exhaust() {
    exhausted_ = true;
    return fail("budget exhausted");
}

// Goes on after the innermost trial with what is to follow an error. Calls left on the way do not
// set their definition's tape back; when such a definition is still being run further out, it goes
// on from where the error was.
bool Machine::recover(std::size_t outermost) {
    while (depth_ > outermost) {
        Frame& frame = frames_[depth_ - 1];
        if (depth_ == outermost + 1) {
            pointer_ = frame.own_tape.pointer;
            calls_ = frame.own_tape.calls;
        }
        const bool trial = frame.kind == Frame::Kind::trial;
        const std::string_view otherwise = frame.otherwise;
        pop_frame();
        if (exhausted_ || !trial) continue;

        failed_ = false;
        ValueList* caught = keep_list("E", 1, error_type_.size() + error_text_.size());
        if (!caught) continue;
        auto& serialized = std::get<std::string>(caught->front());
        serialized.assign(error_type_).append(1, '|').append(error_text_);
        const bool entered = enter_block(otherwise);
        if (entered) return true;
    }
    return false;
}

void Machine::pop_frame() {
    Frame& frame = frames_[--depth_];
    if (frame.definition) frame.definition.reset();
    if (frame.own_scope.definitions) frame.own_scope.definitions.reset();
    tape_ = depth_ == 0 ? nullptr : frames_[depth_ - 1].tape;
}

bool Machine::leave() {
    Frame& frame = frames_[depth_ - 1];
    switch (frame.kind) {
        case Frame::Kind::script:
            pointer_ = frame.own_tape.pointer;
            calls_ = frame.own_tape.calls;
            pop_frame();
            return true;
        case Frame::Kind::block:
        case Frame::Kind::trial:
            pop_frame();
            return_if_marked();
            return true;
        case Frame::Kind::call:
            frame.tape->pointer = frame.caller_pointer;
            pop_frame();
            returned_ = false;
            return true;
        case Frame::Kind::eval:
            pop_frame();
            if (!flags().eval_return) returned_ = false;
            return_if_marked();
            return true;
        case Frame::Kind::loop: return next_round(frame);
    }
    return true;
}

bool Machine::next_round(Frame& loop) {
    // The mark of OP_RETURN stays: the next conditional ends the script that the loop is in.
    if (returned_) {
        pop_frame();
        return true;
    }
    std::string_view condition;
    if (!charge_operations(1) || !peek(condition)) return false;
    if (!truth_of(condition)) {
        pop_frame();
        return true;
    }
    if (++loop.rounds >= limits_.callstack) return fail("OP_LOOP limit exceeded");
    loop.tape->pointer = 0;
    loop.tape->scope->given_flags = false;
    return true;
}

void Machine::return_if_marked() {
    if (returned_) return_from_script();
}

void Machine::return_from_script() {
    tape().pointer = tape().code.size();
    returned_ = true;
}

Frame* Machine::enter(Frame::Kind kind, Tape& parent) {
    if (depth_ > limits_.depth) {
        fail("RecursionError", "blocks, calls and evals are too deep inside each other");
        return nullptr;
    }
    if (depth_ == frames_.size()) frames_.emplace_back();
    Frame& frame = frames_[depth_++];
    frame.kind = kind;
    frame.plugins = false;
    frame.own_tape = {{}, 0, parent.calls, &frame.own_scope};
    tape_ = frame.tape = &frame.own_tape;
    return &frame;
}

Frame* Machine::enter_scope(Frame::Kind kind, std::string_view code) {
    Tape& parent = tape();
    Frame* frame = enter(kind, parent);
    if (!frame) return nullptr;
    frame->own_tape.code = code;
    frame->own_scope = *parent.scope;
    return frame;
}

bool Machine::enter_block(std::string_view code) {
    return enter_scope(Frame::Kind::block, code) != nullptr;
}

bool Machine::enter_trial(std::string_view code, std::string_view otherwise) {
    Frame* frame = enter_scope(Frame::Kind::trial, code);
    if (!frame) return false;
    frame->otherwise = otherwise;
    return true;
}

bool Machine::enter_loop(std::string_view code) {
    std::string_view condition;
    if (!peek(condition)) return false;
    if (!truth_of(condition)) return true;
    if (limits_.callstack <= 0) return fail("OP_LOOP limit exceeded");
    Tape& parent = tape();
    Frame* frame = enter(Frame::Kind::loop, parent);
    if (!frame) return false;
    frame->own_tape.code = code;
    frame->own_tape.scope = parent.scope;
    frame->rounds = 0;
    parent.scope->given_flags = false;
    return true;
}

bool Machine::calls_left() {
    return tape().calls < limits_.callstack || fail("callstack limit exceeded");
}

bool Machine::enter_eval(std::string_view code) {
    const bool plugins = plugins_allowed();
    if (!charge_bytes(code.size())) return false;
    Frame* frame = enter_scope(Frame::Kind::eval, {});
    if (!frame) return false;
    frame->evaluated.assign(code);
    frame->own_tape.code = frame->evaluated;
    ++frame->own_tape.calls;
    frame->plugins = plugins;
    return true;
}

bool Machine::define(std::uint8_t handle, std::string_view code) {
    constexpr std::size_t entry_size = 64;
    std::shared_ptr<Definitions>& definitions = tape().scope->definitions;
    if (!charge_bytes(entry_size)) return false;
    if (!definitions) {
        definitions = std::make_shared<Definitions>();
    } else if (definitions.use_count() > 1) {
        if (!charge_bytes(entry_size * definitions->size())) return false;
        definitions = std::make_shared<Definitions>(*definitions);
    }
    (*definitions)[handle] = std::make_shared<Definition>(Tape{code, 0, 0, tape().scope});
    return true;
}

bool Machine::call(std::uint8_t handle) {
    Tape& caller = tape();
    ++caller.calls;
    const Definitions* definitions = caller.scope->definitions.get();
    const auto found = definitions ? definitions->find(handle) : Definitions::const_iterator();
    if (!definitions || found == definitions->end()) {
        return fail("KeyError", "no such definition");
    }
    std::shared_ptr<Definition> definition = found->second;
    Tape& called = definition->tape;
    Frame* frame = enter(Frame::Kind::call, caller);
    if (!frame) return false;
    frame->caller_pointer = called.pointer;
    frame->definition = std::move(definition);
    tape_ = frame->tape = &called;
    called.calls = caller.calls;
    called.pointer = 0;
    called.scope->given_flags = called.scope != caller.scope && caller.scope->given_flags;
    return true;
}

bool Machine::read_sized(std::string_view& bytes) {
    std::uint8_t size;
    return read_byte(size) && read(size, bytes);
}

bool Machine::read_sized2(std::string_view& bytes) {
    std::string_view size;
    return read(2, size) && read(std::size_t{static_cast<std::uint8_t>(size[0])} << 8 |
                                     static_cast<std::uint8_t>(size[1]),
                                 bytes);
}

bool Machine::refuse_push(std::size_t size) {
    return fail(size > stack_.max_item_size() ? "Stack item size too large"
                                              : "cannot put onto full Stack");
}

bool Machine::refuse_pop() {
    return fail("IndexError", "the stack is empty");
}

bool Machine::push_integer(const Integer& number) {
    return push(to_bytes(number));
}

bool Machine::push_integer(std::int64_t number) {
    if (number < -exactly_counted || number > exactly_counted) {
        return push_integer(Integer(number));
    }
    SmallBytes bytes;
    return push(small_to_bytes(number, bytes));
}

bool Machine::pop(std::string& item) {
    std::string_view bytes;
    if (!pop(bytes)) return false;
    item = bytes;
    return true;
}

bool Machine::pop(const Integer& count, std::vector<std::string>& items) {
    for (Integer left = count; left > 0; --left) {
        if (!charge_operations(1) || !pop(items.emplace_back())) return false;
    }
    return true;
}

bool Machine::pop_integer(Integer& number) {
    std::string_view item;
    if (!pop(item)) return false;
    if (item.empty()) return fail("ValueError", "number must not be empty");
    number = to_integer(item);
    return true;
}

Value& Machine::kept(std::string_view key) {
    const auto found = cache_.written.find(key);
    if (found != cache_.written.end()) return found->second;
    return cache_.written.emplace(key, Value()).first->second;
}

bool Machine::keep(std::string_view key, std::string_view bytes) {
    if (!charge_bytes(cache_entry_size + key.size() + bytes.size())) return false;
    kept(key) = std::string(bytes);
    return true;
}

ValueList* Machine::keep_list(std::string_view key, std::size_t count, std::size_t size) {
    if (!charge_bytes(cache_entry_size + key.size() + count * sizeof(Value) + size)) {
        return nullptr;
    }
    Value& value = kept(key);
    auto* list = std::get_if<ValueList>(&value);
    if (!list) list = &value.emplace<ValueList>();
    list->resize(count);
    for (Value& item : *list) {
        if (!item.bytes()) item.emplace<std::string>();
    }
    return list;
}

const Value* Machine::named(std::string_view key) const {
    static const Value mark(true);
    const bool is_mark = key == "returned";
    if (is_mark && !returned_) return nullptr;
    const auto found = cache_.named.find(key);
    if (found != cache_.named.end()) return &found->second;
    return is_mark ? &mark : nullptr;
}

bool Machine::run_signature_extensions() {
    if (environment_.signature_extensions.empty() || !plugins_allowed()) return true;
    std::string_view nothing;
    OpContext context{nothing, stack_, cache_, environment_};
    for (const Plugin& extension : environment_.signature_extensions) {
        if (!charge_curve()) return false;
        if (auto done = extension(context); !done) return fail(done.error());
    }
    return true;
}

bool Machine::run_soft_fork(const SoftFork& fork) {
    std::string_view rest = tape().code.substr(tape().pointer);
    OpContext context{rest, stack_, cache_, environment_};
    if (!charge_curve()) return false;
    const auto done = fork.run(context);
    tape().pointer = tape().code.size() - std::min(rest.size(), tape().code.size());
    return done || fail(done.error());
}

}  // namespace machine

Budget Budget::unlimited() noexcept {
    constexpr auto most = std::numeric_limits<std::uint64_t>::max();
    return {most, most, most};
}

RunResult run_script(std::string_view code, const RunOptions& options) {
    machine::Machine machine(options);
    machine.run(code);
    return machine.finish();
}

namespace {

bool run_all(machine::Machine& machine, std::span<const std::string_view> scripts) {
    if (scripts.empty()) return machine.fail("ValueError", "there is no script to run");
    try {
        for (const std::string_view script : scripts) {
            if (!machine.run(script)) return false;
        }
        return machine.check_opened();
    } catch (const std::exception& thrown) {
        // What a contract or plugin throws at a stranger's arguments only fails the script.
        return machine.fail("RuntimeError", thrown.what());
    }
}

RunOptions without_flags(const RunOptions& options) {
    RunOptions same = options;
    same.flags.clear();
    return same;
}

}  // namespace

bool run_auth_scripts(std::span<const std::string_view> scripts, const RunOptions& options) {
    if (!options.flags.empty()) return run_auth_scripts(scripts, without_flags(options));
    machine::Machine machine(options);
    return run_all(machine, scripts);
}

RunResult run_auth_scripts_verbosely(std::span<const std::string_view> scripts,
                                     const RunOptions& options) {
    const RunOptions same = without_flags(options);
    machine::Machine machine(same);
    run_all(machine, scripts);
    return machine.finish();
}

}  // namespace netaio::tapescript

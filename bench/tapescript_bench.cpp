// What checking scripts costs: a signature beside libsodium alone, common locks, scripts that only
// interpret, and the longest that hostile witnesses of 64 KiB keep a core busy.
//   tapescript_bench --scripts     the scripts instead, for tapescript_reference.py:
//                                  a name and the code of each script in hex, a line for each case

#include <benchmark/benchmark.h>
#include <sodium.h>

#include <array>
#include <functional>
#include <iostream>
#include <netaio/tapescript/bytes.hpp>
#include <netaio/tapescript/compiler.hpp>
#include <netaio/tapescript/machine.hpp>
#include <netaio/tapescript/opcodes.hpp>
#include <netaio/tapescript/tools.hpp>
#include <stdexcept>

namespace netaio::tapescript {
namespace {

constexpr std::int64_t now = 1'700'000'000;
constexpr std::string_view message = "a message of about the size that a small request has, signed";

struct Case {
    std::string name;
    std::vector<std::string> codes;
};

RunOptions options() {
    RunOptions made;
    made.now = now;
    made.cache.named["sigfield1"] = std::string(message);
    made.cache.named["timestamp"] = Integer(now);
    return made;
}

SigFields fields() {
    return {.sigfield1 = std::string(message)};
}

SigningKey key(char number) {
    return SigningKey(std::string(SigningKey::seed_size, number));
}

Script compiled(std::string_view source) {
    auto script = compile(source);
    if (!script) throw std::logic_error(script.error().message());
    return *script;
}

Case lock(std::string name, const Script& witness, const Script& lock) {
    return {std::move(name), {witness.code, lock.code}};
}

std::vector<Case> locks() {
    const SigningKey first = key(1);
    const SigningKey second = key(2);
    const SigningKey third = key(3);
    const std::array keys{first.public_key(), second.public_key(), third.public_key()};
    const auto signed_by = [](const SigningKey& by) {
        return make_single_sig_witness(by, fields());
    };
    const Certificate certificate = make_delegate_key_cert(
        first, {.delegate = second.public_key(), .begin = now - 10, .end = now + 10});
    const Script hidden = make_single_sig_lock(second.public_key());
    const HtlcOptions htlc{.receiver = first.public_key(),
                           .refund = second.public_key(),
                           .preimage = "preimage",
                           .now = now};
    const std::array leaves{hidden, make_single_sig_lock(third.public_key())};
    const MerklizedScript tree = make_merklized_script_prioritized(leaves);
    return {
        lock("single signature", signed_by(first), make_single_sig_lock(first.public_key())),
        lock("single signature, hashed key", make_single_sig_witness2(first, fields()),
             make_single_sig_lock2(first.public_key())),
        lock("two of three", signed_by(third) + signed_by(first), make_multisig_lock(keys, 2)),
        lock("delegate", make_delegate_key_witness(second, certificate, fields()),
             make_delegate_key_lock(first.public_key())),
        lock("taproot, key", make_taproot_witness_keyspend(first, hidden, fields()),
             make_taproot_lock(first.public_key(), hidden)),
        lock("taproot, script",
             signed_by(second) + make_taproot_witness_scriptspend(first.public_key(), hidden),
             make_taproot_lock(first.public_key(), hidden)),
        lock("script hash", signed_by(second) + make_scripthash_witness(hidden),
             make_scripthash_lock(hidden)),
        lock("hash time lock", make_htlc_witness(first, "preimage", fields()),
             make_htlc_sha256_lock(htlc)),
        lock("script tree", signed_by(second) + tree.unlocks.front(), tree.lock),
    };
}

// What only the interpreter does, a few thousand operations each.
std::vector<Case> interpreted() {
    const auto repeated = [](std::string_view start, std::string_view body) {
        std::string source(start);
        source += " push d100 loop { ";
        for (int times = 0; times < 10; ++times) {
            source.append(body).append(" ");
        }
        return compiled(source + " push d-1 add_ints d2 } pop0 true").code;
    };
    return {
        {"push and pop", {repeated("", "push x0102 pop0")}},
        {"numbers", {repeated("", "push d1000 push d77 add_ints d2 push d3 mult_ints d2 pop0")}},
        {"bytes", {repeated("", "push x010203 push x0405 concat push d2 split equal pop0")}},
        {"stack", {repeated("push x01 push x02", "dup swap d1 d2 swap2 reverse d3 pop0")}},
        {"conditions", {repeated("", "true if { false pop0 } else { true pop0 }")}},
        {"evals", {repeated("", "push x0106 eval")}},
        {"cache", {repeated("", "push x01 write_cache x6b d1 read_cache x6b pop0")}},
        {"caught errors", {repeated("", "try { false verify } except { true pop0 }")}},
    };
}

std::string op(Op operation, std::string_view operands = {}) {
    return static_cast<char>(operation) + std::string(operands);
}

std::string block(std::string_view code) {
    return std::string{static_cast<char>(code.size() >> 8), static_cast<char>(code.size())}.append(
        code);
}

std::string push(std::string_view bytes) {
    return op(Op::push2, block(bytes));
}

std::string repeat(int times, std::string_view code) {
    std::string repeated;
    for (int done = 0; done < times; ++done) {
        repeated += code;
    }
    return repeated;
}

// Runs a body that leaves the stack as it found it, with true on top, until the budget ends it.
std::string hostile(std::string_view start, std::string_view body) {
    constexpr std::size_t witness_size = 64 * 1024;
    std::string round;
    while (round.size() + body.size() < 2'000) {
        round += body;
    }
    const auto loop = [](const std::string& code) {
        return op(Op::try_except, block(op(Op::loop, block(code))) + block(""));
    };
    const std::string loops = loop(loop(round));
    std::string code = std::string(start) + op(Op::true_);
    while (code.size() + loops.size() < witness_size) {
        code += loops;
    }
    return code;
}

std::vector<Case> hostile_witnesses() {
    const std::string large(1024, '\x7e');
    const std::string drop = op(Op::pop0);
    const std::string key_name(255, 'k');
    const std::string one = op(Op::push0, "\x01");
    const SigningKey signer = key(1);
    const std::string point(signer.public_key().bytes());
    const std::string seed(32, '\x01');
    const std::string big = push(large);
    const auto on_top = [](std::string_view item) { return op(Op::push2, block(item)); };
    const auto witness = [](std::string name, std::string_view body, std::string_view start = "") {
        return Case{std::move(name), {hostile(start, body)}};
    };
    using namespace std::string_view_literals;
    const std::string caught_text =
        op(Op::try_except, block(op(Op::get_value, "\x08whatever")) + block(""));
    return {
        witness("true and pop", op(Op::true_) + drop),
        witness("true and nop", op(Op::true_) + "\xff\x01"),
        witness("empty blocks", op(Op::true_) + op(Op::if_, block(""))),
        witness("caught errors", op(Op::try_except, block(op(Op::set_flag, "\0"sv)) + block(""))),
        witness("caught texts", caught_text),
        witness("evals", on_top("\x01\x06") + op(Op::eval)),
        witness("definitions", op(Op::def, "\x01" + block(""))),
        witness("copies", on_top("x") + op(Op::copy, "\x20") + op(Op::pop1, "\x21")),
        witness("cache", op(Op::write_cache, "\xff" + key_name + std::string(1, 0))),
        witness("sizes", op(Op::read_cache_size, "\xff" + key_name) + drop),
        witness("swaps", op(Op::swap, "\x01\x02"), on_top("x") + big),
        witness("reversals", op(Op::reverse, "\x02") + op(Op::reverse, "\x02"), op(Op::true_)),
        witness("large copies", op(Op::swap2) + op(Op::dup) + drop + op(Op::swap2), big),
        witness("large sums",
                op(Op::swap2) + op(Op::dup) + op(Op::dup) + op(Op::add_ints, "\x02") + drop +
                    op(Op::swap2),
                on_top(std::string(1000, '\x7e'))),
        witness("large products",
                op(Op::swap2) + op(Op::dup) + op(Op::dup) + op(Op::mult_ints, "\x02") + drop +
                    op(Op::swap2),
                on_top(std::string(500, '\x7e'))),
        witness("large quotients",
                op(Op::swap2) + op(Op::dup) + on_top(std::string(200, '\x7e')) + op(Op::swap2) +
                    op(Op::div_ints) + drop + op(Op::swap2),
                on_top(std::string(1000, '\x7e'))),
        witness("large remainders by a byte",
                op(Op::swap2) + op(Op::dup) + op(Op::mod_int, "\x01\x03") + drop + op(Op::swap2),
                on_top(std::string(1000, '\x7e'))),
        witness("texts",
                op(Op::swap2) + op(Op::dup) + on_top("x") + op(Op::split_str) + drop + drop +
                    op(Op::swap2),
                big),
        witness("floats",
                on_top("\x40\x40\x40\x40") + op(Op::mod_float, "\x40\x00\x01\x01"sv) + drop),
        witness("short hashes", on_top("x") + op(Op::sha256) + drop),
        witness("short extendable hashes", on_top("x") + op(Op::shake256, "\x01") + drop),
        witness("long hashes", op(Op::swap2) + op(Op::dup) + op(Op::sha256) + drop + op(Op::swap2),
                big),
        witness("random bytes", one + op(Op::random) + drop),
        witness("signature checks", on_top(std::string(64, '\x01')) + on_top("m") + on_top(point) +
                                        op(Op::check_sig_stack) + drop),
        witness("signatures", on_top("m") + on_top(seed) + op(Op::sign_stack) + drop),
        witness("points", on_top(seed) + op(Op::derive_point) + drop),
        witness("sums of points",
                on_top(point) + on_top(point) + op(Op::add_points, "\x02") + drop),
        witness("differences of points",
                on_top(point) + on_top(point) + op(Op::subtract_points, "\x02") + drop),
        witness("scalars", on_top(seed) + on_top(seed) + op(Op::add_scalars, "\x02") + drop),
        witness("seeds", on_top(seed) + op(Op::derive_scalar) + drop),
        witness("adapters", on_top(seed) + on_top(point) + on_top("m") + on_top(point) +
                                on_top(point) + op(Op::check_adapter_sig) + drop),
        witness("caught texts and signature checks",
                repeat(55, caught_text) + on_top(std::string(64, '\x01')) + on_top("m") +
                    on_top(point) + op(Op::check_sig_stack) + drop),
        witness("private adapters", on_top("m") + on_top(seed) + on_top(seed) +
                                        op(Op::make_adapter_sig_private) + drop + drop + drop),
    };
}

std::vector<std::string_view> views(const Case& one) {
    return {one.codes.begin(), one.codes.end()};
}

void check_lock(benchmark::State& state, const Case& one) {
    const auto scripts = views(one);
    const RunOptions with = options();
    for (auto _ : state) {
        if (!run_auth_scripts(scripts, with)) state.SkipWithError("the lock did not open");
    }
}

void interpret(benchmark::State& state, const Case& one) {
    RunOptions with = options();
    with.budget = Budget::unlimited();
    std::uint64_t operations = 0;
    for (auto _ : state) {
        const RunResult result = run_script(one.codes.front(), with);
        if (!result) state.SkipWithError(result.error->serialized().c_str());
        operations += result.used.operations;
    }
    state.counters["operations"] =
        benchmark::Counter(static_cast<double>(operations), benchmark::Counter::kIsRate);
}

void keep_busy(benchmark::State& state, const Case& one) {
    const RunOptions with = options();
    for (auto _ : state) {
        const RunResult result = run_script(one.codes.front(), with);
        if (!result.error) state.SkipWithError("the budget did not end it");
        state.counters["operations"] = static_cast<double>(result.used.operations);
        state.counters["bytes"] = static_cast<double>(result.used.bytes);
        state.counters["work"] = static_cast<double>(result.used.work);
    }
}

void verify_only(benchmark::State& state) {
    const SigningKey signer = key(1);
    const std::string signature = signer.sign(message);
    const auto octets = [](std::string_view bytes) {
        return reinterpret_cast<const unsigned char*>(bytes.data());
    };
    for (auto _ : state) {
        if (crypto_sign_verify_detached(octets(signature), octets(message), message.size(),
                                        octets(signer.public_key().bytes())) != 0) {
            state.SkipWithError("the signature is wrong");
        }
    }
}

void register_all() {
    using Run = std::function<void(benchmark::State&, const Case&)>;
    const auto add = [](const std::string& group, const std::vector<Case>& cases, const Run& run) {
        for (const Case& one : cases) {
            benchmark::RegisterBenchmark((group + '/' + one.name).c_str(),
                                         [one, run](benchmark::State& state) { run(state, one); });
        }
    };
    benchmark::RegisterBenchmark("libsodium verify", verify_only);
    add("lock", locks(), check_lock);
    add("interpret", interpreted(), interpret);
    add("hostile", hostile_witnesses(), keep_busy);
}

void write_scripts() {
    std::cout << "sigfield1 " << to_hex(message) << '\n';
    for (const auto& [group, cases] : {std::pair("lock", locks()), {"interpret", interpreted()}}) {
        for (const Case& one : cases) {
            std::cout << group << '/' << one.name << '\t';
            for (const std::string& code : one.codes) {
                std::cout << to_hex(code) << ' ';
            }
            std::cout << '\n';
        }
    }
}

}  // namespace
}  // namespace netaio::tapescript

int main(int count, char** words) {
    if (sodium_init() < 0) return 1;
    if (count == 2 && std::string_view(words[1]) == "--scripts") {
        netaio::tapescript::write_scripts();
        return 0;
    }
    netaio::tapescript::register_all();
    benchmark::Initialize(&count, words);
    if (benchmark::ReportUnrecognizedArguments(count, words)) return 2;
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}

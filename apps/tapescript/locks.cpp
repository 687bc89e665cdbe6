#include <chrono>
#include <memory>

#include "makers.hpp"
#include "scripts.hpp"
#include "tool.hpp"
#include "values.hpp"

namespace netaio::app {
namespace {

using namespace tapescript;

HtlcOptions htlc_options(const MakerValues& values) {
    const MakerArguments& arguments = values.arguments();
    HtlcOptions options{.receiver = values.public_key(), .refund = values.refund()};
    if (arguments.digest.empty()) {
        options.preimage = values.preimage();
    } else {
        options.digest = read_value("hex:" + arguments.digest);
    }
    if (arguments.hash_size != 0) options.hash_size = arguments.hash_size;
    options.timeout = std::chrono::seconds(arguments.timeout);
    options.now = arguments.fields.now;
    options.sigflags = values.sigflags();
    return options;
}

PtlcOptions ptlc_options(const MakerValues& values) {
    const MakerArguments& arguments = values.arguments();
    PtlcOptions options{.receiver = values.public_key(), .refund = values.refund()};
    if (!arguments.tweak_point.empty()) options.tweak_point = values.tweak_point();
    options.timeout = std::chrono::seconds(arguments.timeout);
    options.now = arguments.fields.now;
    options.sigflags = values.sigflags();
    return options;
}

Script multisig(const MakerValues& values) {
    const auto keys = values.public_keys();
    return make_multisig_lock(keys, values.arguments().quorum.value_or(keys.size()),
                              values.sigflags());
}

Script scripthash(const MakerValues& values) {
    const std::uint8_t size = values.arguments().hash_size;
    return size == 0 ? make_scripthash_lock(values.script())
                     : make_scripthash_lock(values.script(), size);
}

const std::vector<Maker>& locks() {
    using V = MakerValues;
    static const std::vector<Maker> all = {
        {"single-sig", "--public",
         [](const V& v) { return make_single_sig_lock(v.public_key(), v.sigflags()); }},
        {"single-sig2", "--public",
         [](const V& v) { return make_single_sig_lock2(v.public_key(), v.sigflags()); }},
        {"multisig", "--public..., --quorum", multisig},
        {"delegate-key", "--public (of the root)",
         [](const V& v) { return make_delegate_key_lock(v.public_key(), v.sigflags()); }},
        {"delegate-key-chain", "--public (of the root)",
         [](const V& v) { return make_delegate_key_chain_lock(v.public_key(), v.sigflags()); }},
        {"graftroot", "--public",
         [](const V& v) { return make_graftroot_lock(v.public_key(), v.sigflags()); }},
        {"graftap", "--public",
         [](const V& v) { return make_graftap_lock(v.public_key(), v.sigflags()); }},
        {"taproot", "--public, --script",
         [](const V& v) { return make_taproot_lock(v.public_key(), v.script(), v.sigflags()); }},
        {"nonnative-taproot", "--public, --script",
         [](const V& v) {
             return make_nonnative_taproot_lock(v.public_key(), v.script(), v.sigflags());
         }},
        {"scripthash", "--script, --hash-size", scripthash},
        {"merklized", "--script..., the likeliest first",
         [](const V& v) { return make_merklized_script_prioritized(v.scripts()).lock; }},
        {"htlc-sha256", "--public, --refund, --preimage or --digest, --timeout",
         [](const V& v) { return make_htlc_sha256_lock(htlc_options(v)); }},
        {"htlc-shake256", "the same, --hash-size",
         [](const V& v) { return make_htlc_shake256_lock(htlc_options(v)); }},
        {"htlc2-sha256", "as htlc-sha256; hides the keys",
         [](const V& v) { return make_htlc2_sha256_lock(htlc_options(v)); }},
        {"htlc2-shake256", "as htlc-shake256; hides the keys",
         [](const V& v) { return make_htlc2_shake256_lock(htlc_options(v)); }},
        {"ptlc", "--public, --refund, --tweak-point, --timeout",
         [](const V& v) { return make_ptlc_lock(ptlc_options(v)); }},
        {"adapter", "--public, --tweak-point",
         [](const V& v) {
             return make_adapter_lock_pub(v.public_key(), v.tweak_point(), v.sigflags());
         }},
        {"adapter-check", "--public, --tweak-point; for encrypted signatures",
         [](const V& v) {
             return make_adapter_locks_pub(v.public_key(), v.tweak_point(), v.sigflags()).check;
         }},
        {"timestamp-after", "--begin",
         [](const V& v) { return make_timestamp_after_lock(v.begin()); }},
        {"timestamp-before", "--end",
         [](const V& v) { return make_timestamp_before_lock(v.end()); }},
        {"timestamp-between", "--begin, --end",
         [](const V& v) { return make_timestamp_between_lock(v.begin(), v.end()); }},
    };
    return all;
}

}  // namespace

void add_lock_command(CLI::App& app, Chosen& chosen) {
    auto arguments = std::make_shared<MakerArguments>();
    CLI::App& lock = *app.add_subcommand("lock", "Make a lock.");
    const auto option = [&](const char* name, auto& value, const char* type, const char* text) {
        return lock.add_option(name, value, text)->type_name(type);
    };
    option("NAME", arguments->name, "", "the kind, as below")->required();
    const auto list = [&](const char* name, auto& values, const char* type, const char* text) {
        add_list(lock, name, values, text)->type_name(type);
    };
    list("--public", arguments->public_keys, "POINT", "a public key; may be repeated");
    option("--refund", arguments->refund, "POINT", "the public key of who is refunded");
    option("--tweak-point", arguments->tweak_point, "POINT", "the point of a tweak");
    list("--script", arguments->scripts, "SCRIPT", "a hidden script; may be repeated");
    option("--preimage", arguments->preimage, "VALUE", "what opens a hash lock");
    option("--digest", arguments->digest, "DIGITS", "its hash instead");
    option("--hash-size", arguments->hash_size, "BYTES", "how long a SHAKE-256 hash is")
        ->check(whole_number(1, 255));
    option("--timeout", arguments->timeout, "SECONDS", "until a refund")
        ->check(seconds_range())
        ->capture_default_str();
    option("--now", arguments->fields.now, "SECONDS", "since when; the machine's clock")
        ->check(seconds_range());
    option("--begin", arguments->begin, "SECONDS", "from when on, since 1970")
        ->check(seconds_range());
    option("--end", arguments->end, "SECONDS", "until when")->check(seconds_range());
    option("--quorum", arguments->quorum, "N", "how many keys must sign; all")
        ->check(whole_number(1, 255));
    option("--sigflags", arguments->sigflags, "DIGITS", "fields a signature may leave out")
        ->capture_default_str();
    option("-o,--output", arguments->output, "FILE", "where the code goes");
    lock.add_flag("--json", arguments->json, "print an object with the code");
    lock.footer("Locks, and what they take:\n" + table_of(locks()) +
                "\nPOINT is 64 hexadecimal digits, or @FILE.\n" + lock.get_footer());
    lock.callback([=, &chosen] { chosen = [=] { return make(locks(), *arguments); }; });
}

}  // namespace netaio::app

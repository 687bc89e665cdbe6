#include <memory>

#include "exit_code.hpp"
#include "makers.hpp"
#include "tool.hpp"
#include "values.hpp"

namespace netaio::app {
namespace {

using namespace tapescript;

Script merklized(const MakerValues& values) {
    const auto unlocks = make_merklized_script_prioritized(values.scripts()).unlocks;
    const std::size_t index = values.arguments().index;
    if (index >= unlocks.size()) throw Failure(ExitCode::usage, "--index: there is no such script");
    return unlocks[index];
}

Script ptlc(const MakerValues& values) {
    if (values.arguments().tweak_file.empty()) {
        return make_ptlc_witness(values.key(), values.fields(), values.sign_options());
    }
    return make_ptlc_witness(values.key(), values.tweak(), values.fields(), values.sign_options());
}

const std::vector<Maker>& witnesses() {
    using V = MakerValues;
    static const std::vector<Maker> all = {
        {"single-sig", "--key; also for multisig locks, one after the other",
         [](const V& v) { return make_single_sig_witness(v.key(), v.fields(), v.sign_options()); }},
        {"single-sig2", "--key",
         [](const V& v) {
             return make_single_sig_witness2(v.key(), v.fields(), v.sign_options());
         }},
        {"delegate-key", "--key, --cert",
         [](const V& v) {
             return make_delegate_key_witness(v.key(), v.certificates().front(), v.fields(),
                                              v.sign_options());
         }},
        {"delegate-key-chain", "--key, --cert..., the delegate's first",
         [](const V& v) {
             return make_delegate_key_chain_witness(v.key(), v.certificates(), v.fields(),
                                                    v.sign_options());
         }},
        {"graftroot", "--key",
         [](const V& v) {
             return make_graftroot_witness_keyspend(v.key(), v.fields(), v.sign_options());
         }},
        {"graftroot-script", "--key, --script",
         [](const V& v) { return make_graftroot_witness_surrogate(v.key(), v.script()); }},
        {"graftap", "--key",
         [](const V& v) {
             return make_graftap_witness_keyspend(v.key(), v.fields(), v.sign_options());
         }},
        {"graftap-script", "--key, --script",
         [](const V& v) { return make_graftap_witness_scriptspend(v.key(), v.script()); }},
        {"taproot", "--key, --script",
         [](const V& v) {
             return make_taproot_witness_keyspend(v.key(), v.script(), v.fields(),
                                                  v.sign_options());
         }},
        {"taproot-script", "--public, --script",
         [](const V& v) { return make_taproot_witness_scriptspend(v.public_key(), v.script()); }},
        {"scripthash", "--script", [](const V& v) { return make_scripthash_witness(v.script()); }},
        {"merklized", "--script... as for the lock, --index", merklized},
        {"htlc", "--key, --preimage",
         [](const V& v) {
             return make_htlc_witness(v.key(), v.preimage(), v.fields(), v.sign_options());
         }},
        {"htlc2", "--key, --preimage",
         [](const V& v) {
             return make_htlc2_witness(v.key(), v.preimage(), v.fields(), v.sign_options());
         }},
        {"ptlc", "--key, and --tweak for a lock with one", ptlc},
        {"ptlc-refund", "--key",
         [](const V& v) {
             return make_ptlc_refund_witness(v.key(), v.fields(), v.sign_options());
         }},
        {"adapter", "--key, --tweak-point; an encrypted signature",
         [](const V& v) {
             return make_adapter_witness(v.key(), v.tweak_point(), v.fields(), v.sign_options());
         }},
        {"adapter-decrypt", "--tweak; decrypts what comes before it",
         [](const V& v) { return make_adapter_decrypt(v.tweak()); }},
    };
    return all;
}

}  // namespace

void add_witness_command(CLI::App& app, Chosen& chosen) {
    auto arguments = std::make_shared<MakerArguments>();
    CLI::App& witness = *app.add_subcommand("witness", "Make what opens a lock.");
    const auto option = [&](const char* name, auto& value, const char* type, const char* text) {
        return witness.add_option(name, value, text)->type_name(type);
    };
    option("NAME", arguments->name, "", "the kind, as below")->required();
    option("--key", arguments->key_file, "FILE", "the private key; - is standard input");
    const auto list = [&](const char* name, auto& values, const char* type, const char* text) {
        return add_list(witness, name, values, text)->type_name(type);
    };
    list("--public", arguments->public_keys, "POINT", "a public key")
        ->multi_option_policy(CLI::MultiOptionPolicy::Throw);
    list("--script", arguments->scripts, "SCRIPT", "a hidden script; may be repeated");
    option("--index", arguments->index, "N", "which of the scripts, from 0")
        ->check(whole_number(0, 65535))
        ->capture_default_str();
    option("--preimage", arguments->preimage, "VALUE", "what opens a hash lock");
    option("--tweak", arguments->tweak_file, "FILE", "a tweak");
    option("--tweak-point", arguments->tweak_point, "POINT", "the point of a tweak");
    list("--cert", arguments->certificates, "SCRIPT", "a certificate; may be repeated");
    option("--sigflags", arguments->sigflags, "DIGITS", "fields the signature leaves out")
        ->capture_default_str();
    add_field_options(witness, arguments->fields);
    option("-o,--output", arguments->output, "FILE", "where the code goes");
    witness.add_flag("--json", arguments->json, "print an object with the code");
    witness.footer("Witnesses, and what they take beside the fields they sign:\n" +
                   table_of(witnesses()) + "\nPOINT is 64 hexadecimal digits, or @FILE.\n" +
                   witness.get_footer());
    witness.callback([=, &chosen] { chosen = [=] { return make(witnesses(), *arguments); }; });
}

}  // namespace netaio::app

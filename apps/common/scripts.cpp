#include "scripts.hpp"

#include <map>
#include <netaio/tapescript/compiler.hpp>
#include <netaio/tapescript/tools.hpp>

#include "exit_code.hpp"
#include "input.hpp"
#include "seed_file.hpp"

namespace netaio::app {
namespace {

using tapescript::Script;
using tapescript::SigFields;
using tapescript::SigningKey;

constexpr std::size_t script_size_max = 65535;
constexpr std::string_view byte_code_suffix = ".bin";

[[noreturn]] void refuse_file(const std::string& option, const std::string& path,
                              const std::string& why) {
    throw Failure(ExitCode::usage, option + ": '" + path + "' " + why);
}

// Byte code in a file whose name says so, otherwise source text.
Script read_script(const std::string& option, const std::string& path) {
    const std::string text = read_content('@' + path, {}, script_size_max);
    if (path.ends_with(byte_code_suffix)) return {{}, text};
    const auto compiled = tapescript::compile(text);
    if (!compiled) refuse_file(option, path, "is no script: " + compiled.error().message());
    return *compiled;
}

const std::map<std::string, WitnessMaker, std::less<>>& plain_makers() {
    static const std::map<std::string, WitnessMaker, std::less<>> makers{
        {"single-sig",
         [](const SigningKey& key, const SigFields& fields) {
             return make_single_sig_witness(key, fields);
         }},
        {"single-sig2",
         [](const SigningKey& key, const SigFields& fields) {
             return make_single_sig_witness2(key, fields);
         }},
        {"graftroot",
         [](const SigningKey& key, const SigFields& fields) {
             return make_graftroot_witness_keyspend(key, fields);
         }},
        {"graftap",
         [](const SigningKey& key, const SigFields& fields) {
             return make_graftap_witness_keyspend(key, fields);
         }},
    };
    return makers;
}

WitnessMaker delegated(const std::string& path, const std::string& option) {
    const auto certificate =
        tapescript::Certificate::unpack(read_content('@' + path, {}, script_size_max));
    if (!certificate) refuse_file(option, path, "is no certificate of 105 bytes");
    return [certificate = *certificate](const SigningKey& key, const SigFields& fields) {
        return make_delegate_key_witness(key, certificate, fields);
    };
}

WitnessMaker tapped(const std::string& path, const std::string& option) {
    const tapescript::Commitment hidden(read_script(option, path));
    return [hidden](const SigningKey& key, const SigFields& fields) {
        return make_taproot_witness_keyspend(key, hidden, fields);
    };
}

WitnessMaker make_witness_maker(const std::string& kind, const std::string& option) {
    const auto plain = plain_makers().find(kind);
    if (plain != plain_makers().end()) return plain->second;
    const auto colon = kind.find(':');
    if (colon != std::string::npos) {
        const std::string path = kind.substr(colon + 1);
        if (kind.starts_with("delegate:")) return delegated(path, option);
        if (kind.starts_with("taproot:")) return tapped(path, option);
    }
    throw Failure(ExitCode::usage, option + ": there is no '" + kind +
                                       "'; give single-sig, single-sig2, graftroot, graftap, "
                                       "delegate:CERTIFICATE or taproot:SCRIPT");
}

}  // namespace

std::string called_on_command_line(std::string_view option) {
    return "--" + std::string(option);
}

void add_script_options(CLI::App& command, ScriptOptions& options, const std::string& group) {
    command
        .add_option("--lock", options.lock,
                    "authenticate all messages with this script (byte code if *.bin)")
        ->type_name("FILE")
        ->group(group);
    command.add_option("--key", options.key, "the key that opens it: 32 bytes, or 64 hex digits")
        ->type_name("FILE")
        ->group(group);
    command
        .add_option("--witness", options.witness,
                    "how: single-sig[2], graftroot, graftap, delegate:FILE, taproot:FILE")
        ->type_name("KIND")
        ->capture_default_str()
        ->group(group);
}

std::shared_ptr<const AuthPlugin> make_script_auth(const ScriptOptions& options, Dialect dialect,
                                                   const FreshTerms& fresh, const Called& called) {
    if (options.lock.empty() && options.key.empty()) return nullptr;
    if (options.lock.empty() || options.key.empty()) {
        throw Failure(ExitCode::usage, called("lock") + " and " + called("key") +
                                           " go together: what opens, and with what");
    }
    Script lock = read_script(called("lock"), options.lock);
    if (lock.code.empty())
        refuse_file(called("lock"), options.lock, "is empty, and would open for anybody");
    TapescriptOptions made{.lock = std::move(lock),
                           .seed = read_seed(options.key),
                           .witness = make_witness_maker(options.witness, called("witness")),
                           .dialect = dialect,
                           .max_age = fresh.max_age,
                           .seen = fresh.seen};
    try {
        return tapescript_auth(std::move(made));
    } catch (const std::invalid_argument&) {
        refuse_file(called("lock"), options.lock,
                    "lets signatures leave out the content, nonce or timestamp, by its sigflags, "
                    "so that anybody can make an old message a new one; leave out " +
                        called("max-age") + ", or give both sides another lock");
    }
}

std::size_t script_payload_max() noexcept {
    // Beside a nonce, a timestamp and the uri's length.
    return tapescript::Limits().max_item_size - 16 - 4 - 2;
}

}  // namespace netaio::app

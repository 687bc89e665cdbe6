#include "protection.hpp"

#include "exit_code.hpp"
#include "input.hpp"
#include "logging.hpp"
#include "seed_file.hpp"
#include "values.hpp"

namespace netaio::app {
namespace {

constexpr const char* protection_group =
    "Protection (SECRET and KEY: @FILE, env:NAME, or the text itself)";

std::shared_ptr<const AuthPlugin> make_auth(const std::string& option,
                                            const std::vector<std::string>& sources,
                                            const std::string& field, Dialect dialect) {
    if (sources.empty()) return nullptr;
    return hmac_auth(
        {.secrets = read_secrets(option, sources), .hmac_field = field, .dialect = dialect});
}

std::shared_ptr<const CipherPlugin> make_cipher(const std::string& option,
                                                const std::vector<std::string>& sources,
                                                const std::shared_ptr<const AuthPlugin>& auth,
                                                const std::string& field, bool encrypt_uri,
                                                Dialect dialect) {
    if (sources.empty()) return nullptr;
    auto keys = read_secrets(option, sources);
    if (keys.size() > 1 && !auth) {
        throw Failure(ExitCode::usage,
                      option +
                          ": nothing tells which of several keys a message needs; add as many "
                          "secrets with the same names, as --hmac NAME=@FILE");
    }
    return stream_cipher({.keys = std::move(keys),
                          .iv_field = field,
                          .encrypt_uri = encrypt_uri,
                          .dialect = dialect});
}

void use_x25519(const std::string& key_file, Protection& protection) {
    const Secret seed = read_seed(key_file);
    protection.inner.cipher = x25519_cipher({.seed = seed});
    protection.local_peer = x25519_peer(seed);
    // Several programs may use one key at once.
    protection.local_peer->id = random_id();
    protection.payload_max -= X25519Cipher::overhead;
}

CLI::Option* add_secret(CLI::App& command, const char* name, std::string& value, const char* text) {
    return command.add_option(name, value, text);
}
CLI::Option* add_secret(CLI::App& command, const char* name, std::vector<std::string>& values,
                        const char* text) {
    return add_list(command, name, values, text);
}

void warn_if_unauthenticated(const Protection& protection) {
    if (protection.outer.auth || protection.inner.auth) return;
    if (protection.local_peer) {
        warn(
            "whoever reaches the other side can introduce itself with a key of its own; add "
            "--hmac");
    } else if (protection.outer.cipher || protection.inner.cipher) {
        warn(
            "encryption alone does not show when a message was changed, or the key is wrong; add "
            "--hmac");
    }
}

}  // namespace

bool authenticates(const ProtectionOptions& options) noexcept {
    return !options.hmac.empty() || !options.inner_hmac.empty() || !options.scripts.lock.empty();
}

void add_protection_options(CLI::App& command, ProtectionOptions& options) {
    const auto add = [&](const char* name, auto& value, const char* type, const char* text) {
        auto* option = add_secret(command, name, value, text);
        return option->type_name(type)->group(protection_group);
    };
    add("--hmac", options.hmac, "SECRET",
        "authenticate all messages with this; may be repeated as NAME=@FILE");
    add("--cipher", options.cipher, "KEY",
        "encrypt all messages; use it with --hmac, and its names");
    add("--inner-hmac", options.inner_hmac, "SECRET",
        "authenticate resource messages once more inside");
    add("--inner-cipher", options.inner_cipher, "KEY",
        "encrypt their content once more inside; uris stay readable");
    add("--x25519-key", options.x25519_key, "FILE",
        "or so that only the peer reads it, with the key in FILE (see keygen)")
        ->excludes("--inner-cipher");
    add_script_options(command, options.scripts, protection_group);
    command.add_option("--dialect", options.dialect, "what the peers speak, 0.0.8 or 0.0.9")
        ->type_name("VERSION")
        ->check(CLI::IsMember({"0.0.8", "0.0.9"}).description(""))
        ->capture_default_str()
        ->group(protection_group);
}

Protection make_protection(const ProtectionOptions& options) {
    Protection made;
    made.dialect = options.dialect == "0.0.8" ? Dialect::v0_0_8 : Dialect::v0_0_9;
    made.outer.auth = make_auth("--hmac", options.hmac, "hmac", made.dialect);
    made.outer.cipher =
        make_cipher("--cipher", options.cipher, made.outer.auth, "iv", true, made.dialect);
    made.inner.auth = make_auth("--inner-hmac", options.inner_hmac, "camh", made.dialect);
    made.inner.cipher = make_cipher("--inner-cipher", options.inner_cipher, made.inner.auth, "iv2",
                                    false, made.dialect);
    if (auto scripts = make_script_auth(options.scripts, made.dialect)) {
        if (made.outer.auth) {
            throw Failure(ExitCode::usage,
                          "--hmac and --lock exclude each other; use --inner-hmac");
        }
        made.outer.auth = std::move(scripts);
        made.payload_max = script_payload_max();
    }
    if (made.outer.cipher && made.outer.cipher->hides_uri()) {
        made.payload_max -= 2;
    }
    if (!options.x25519_key.empty()) use_x25519(options.x25519_key, made);
    warn_if_unauthenticated(made);
    return made;
}

std::string remake_protection(const ProtectionOptions& options, const Protection& now,
                              const std::function<void(const Protection&)>& use) {
    if (!now.outer.auth && !now.outer.cipher && !now.inner.auth && !now.inner.cipher) {
        return "there is nothing to reload; SIGTERM ends this";
    }
    try {
        Protection made = make_protection(options);
        if (!options.x25519_key.empty()) {
            // Peers were told of that key.
            made.inner.cipher = now.inner.cipher;
            made.local_peer = now.local_peer;
        }
        use(made);
        return "the secrets were read again, and are used from now on";
    } catch (const std::exception& error) {
        return std::string("nothing was reloaded: ") + error.what();
    }
}

}  // namespace netaio::app

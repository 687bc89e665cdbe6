#include "protection.hpp"

#include <algorithm>
#include <netaio/combined_auth.hpp>
#include <netaio/errc.hpp>
#include <netaio/hashcash_auth.hpp>
#include <thread>

#include "exit_code.hpp"
#include "input.hpp"
#include "logging.hpp"
#include "seed_file.hpp"
#include "values.hpp"

namespace netaio::app {
namespace {

constexpr const char* protection_group =
    "Protection (SECRET and KEY: @FILE, env:NAME, or the text itself)";

// Which options, as they are called, and fields a layer has.
struct LayerNames {
    std::string hmac;
    std::string cipher;
    std::string hmac_field;
    std::string iv_field;
    bool encrypt_uri;
};

// Who uses a secret must find the key of its name, or what it sends would be noise.
void require_keys(const LayerNames& names, const std::vector<NamedSecret>& secrets,
                  const std::vector<NamedSecret>& keys) {
    if (secrets.empty()) {
        throw Failure(ExitCode::usage,
                      names.cipher +
                          ": nothing tells which of several keys a message needs; add as many "
                          "secrets with the same names, as " +
                          names.hmac + " NAME=@FILE");
    }
    for (const NamedSecret& secret : secrets) {
        if (std::ranges::find(keys, secret.name, &NamedSecret::name) == keys.end()) {
            throw Failure(ExitCode::usage, names.cipher + ": no key is named '" + secret.name +
                                               "', as a secret of " + names.hmac +
                                               " is; fill in the key before the secret");
        }
    }
}

// A key by a name that no secret has would never be used, or, alone, for everybody: either is a
// slip. One whose file is empty is still to come.
void require_secrets(const LayerNames& names, const std::vector<std::string>& secret_sources,
                     const std::vector<std::string>& key_sources) {
    for (const std::string& key : key_sources) {
        const std::string name = name_of_secret(key);
        const bool for_all = key_sources.size() == 1 && name == "default";
        if (!for_all &&
            std::ranges::find(secret_sources, name, name_of_secret) == secret_sources.end()) {
            throw Failure(ExitCode::usage,
                          names.cipher + ": no secret of " + names.hmac + " is named '" + name +
                              "', as that key is; a single one for everybody needs no name");
        }
    }
}

std::shared_ptr<const AuthPlugin> make_hmac(const LayerNames& names,
                                            const std::vector<NamedSecret>& secrets,
                                            Dialect dialect, const FreshTerms& fresh) {
    try {
        return hmac_auth({.secrets = secrets,
                          .hmac_field = names.hmac_field,
                          .dialect = dialect,
                          .max_age = fresh.max_age,
                          .seen = fresh.seen});
    } catch (const std::invalid_argument& error) {
        throw Failure(ExitCode::usage, names.hmac + ": " + error.what());
    }
}

Plugins make_layer(const LayerNames& names, const std::vector<std::string>& secret_sources,
                   const std::vector<std::string>& key_sources, Dialect dialect,
                   const FreshTerms& fresh) {
    Plugins made;
    std::vector<NamedSecret> secrets;
    if (!secret_sources.empty()) {
        secrets = read_secrets(names.hmac, secret_sources);
        made.auth = make_hmac(names, secrets, dialect, fresh);
    }
    if (!key_sources.empty()) {
        auto keys = read_secrets(names.cipher, key_sources);
        if (key_sources.size() > 1) require_keys(names, secrets, keys);
        require_secrets(names, secret_sources, key_sources);
        made.cipher = stream_cipher({.keys = std::move(keys),
                                     .iv_field = names.iv_field,
                                     .encrypt_uri = names.encrypt_uri,
                                     .dialect = dialect});
    }
    return made;
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

void warn_if_unauthenticated(const ProtectionOptions& options, const Protection& protection) {
    if (protection.outer.auth || protection.inner.auth) return;
    const std::string add = "; add " + options.called("hmac");
    if (protection.local_peer) {
        warn("whoever reaches the other side can introduce itself with a key of its own" + add);
    } else if (protection.outer.cipher || protection.inner.cipher) {
        warn("encryption alone does not show when a message was changed, or the key is wrong" +
             add);
    }
}

// Whether it matters what came before.
bool remembers(const ProtectionOptions& options) noexcept {
    return options.freshness.max_age || options.hashcash > 0;
}

// Goes first, as it costs a receiver least.
void use_hashcash(const ProtectionOptions& options, const ProtectionTerms& terms,
                  Protection& protection) {
    if (options.hashcash == 0) return;
    const unsigned bits = options.hashcash;
    const Stamps stamps = terms.stamps;
    auto hashcash = hashcash_auth({.realm = options.hashcash_realm,
                                   .bits = stamps == Stamps::pays ? 0 : bits,
                                   .pay = stamps == Stamps::demands ? 0 : bits,
                                   .seen = terms.seen,
                                   .threads = std::max(1u, std::thread::hardware_concurrency()),
                                   .time_limit = std::chrono::minutes(1)});
    auto& auth = protection.outer.auth;
    auth = auth ? all_of({std::move(hashcash), std::move(auth)}) : std::move(hashcash);
}

}  // namespace

bool authenticates(const ProtectionOptions& options) noexcept {
    return !options.hmac.empty() || !options.inner_hmac.empty() || !options.scripts.lock.empty();
}

std::shared_ptr<SeenMessages> make_lasting_seen(const ProtectionOptions& options,
                                                const std::string& store, const Log& log) {
    if (!remembers(options)) return nullptr;
    const std::string& mark = options.freshness.mark;
    const bool beside = mark.empty() && !store.empty() && store != ":memory:";
    try {
        return std::make_shared<SeenMessages>(
            SeenOptions{.max_ahead = options.freshness.ahead(),
                        .mark_file = beside ? store + ".seen" : mark,
                        .environment = {.log = log}});
    } catch (const Error& error) {
        throw Failure(ExitCode::other, error.what());
    }
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
    command
        .add_option("--hashcash", options.hashcash,
                    "make strangers pay for each message, so many zero bits (20: 0.1 s)")
        ->type_name("BITS")
        ->check(CLI::Range(1u, HashcashAuth::bits_limit).description(""))
        ->group(protection_group);
    add("--hashcash-realm", options.hashcash_realm, "NAME",
        "whom stamps are made for; one is good once for each that has this name")
        ->capture_default_str()
        ->needs("--hashcash");
    add_freshness_options(command, options.freshness, protection_group);
    command.add_option("--dialect", options.dialect, "what the peers speak, 0.0.8 or 0.0.9")
        ->type_name("VERSION")
        ->check(CLI::IsMember({"0.0.8", "0.0.9"}).description(""))
        ->capture_default_str()
        ->group(protection_group);
}

MessageType refusal(const Protection& protection) noexcept {
    return protection.dialect == Dialect::v0_0_8 ? MessageType::error : MessageType::not_permitted;
}

Protection make_protection(const ProtectionOptions& options, const ProtectionTerms& terms) {
    const auto& called = options.called;
    if (options.freshness.max_age && !authenticates(options)) {
        throw Failure(ExitCode::usage,
                      called("max-age") +
                          ": nobody can tell how old messages are that anybody can forge; add " +
                          called("hmac") + " or " + called("lock"));
    }
    if (options.freshness.is_partial() && !remembers(options)) {
        throw Failure(ExitCode::usage, called("max-ahead") + " and " + called("seen-mark") +
                                           " need " + called("max-age") + " or " +
                                           called("hashcash"));
    }
    const FreshTerms fresh{options.freshness.age(), terms.seen || !options.freshness.max_age
                                                        ? terms.seen
                                                        : make_seen(options.freshness)};
    Protection made;
    made.dialect = options.dialect == "0.0.8" ? Dialect::v0_0_8 : Dialect::v0_0_9;
    made.outer = make_layer({called("hmac"), called("cipher"), "hmac", "iv", true}, options.hmac,
                            options.cipher, made.dialect, fresh);
    made.inner = make_layer({called("inner-hmac"), called("inner-cipher"), "camh", "iv2", false},
                            options.inner_hmac, options.inner_cipher, made.dialect, fresh);
    if (auto scripts = make_script_auth(options.scripts, made.dialect, fresh, called)) {
        if (made.outer.auth) {
            throw Failure(ExitCode::usage, called("hmac") + " and " + called("lock") +
                                               " exclude each other; use " + called("inner-hmac"));
        }
        made.outer.auth = std::move(scripts);
        made.payload_max = script_payload_max();
    }
    if (made.outer.cipher && made.outer.cipher->hides_uri()) {
        made.payload_max -= 2;
    }
    if (!options.x25519_key.empty()) use_x25519(options.x25519_key, made);
    warn_if_unauthenticated(options, made);
    use_hashcash(options, terms, made);
    return made;
}

bool reads_secrets(const ProtectionOptions& options) noexcept {
    return authenticates(options) || !options.cipher.empty() || !options.inner_cipher.empty();
}

void remake_protection(const ProtectionOptions& options, const ProtectionTerms& terms,
                       const Protection& now, const std::function<void(const Protection&)>& use) {
    try {
        Protection made = make_protection(options, terms);
        if (!options.x25519_key.empty()) {
            // Peers were told of that key.
            made.inner.cipher = now.inner.cipher;
            made.local_peer = now.local_peer;
        }
        use(made);
        announce("SIGHUP: the secrets were read again, and are used from now on");
    } catch (const std::exception& error) {
        warn(std::string("SIGHUP: no secret was replaced: ") + error.what());
    }
}

}  // namespace netaio::app

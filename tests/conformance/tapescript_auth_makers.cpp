#include "tapescript_auth_makers.hpp"

#include <netaio/tapescript/compiler.hpp>
#include <stdexcept>

namespace netaio::vectors {

using namespace tapescript;

namespace {

std::vector<Script> scripts_of(const Json& tagged) {
    std::vector<Script> scripts;
    for (const Json& item : tagged.at("v")) {
        scripts.push_back(Script{{}, raw(item)});
    }
    return scripts;
}

std::vector<PublicKey> keys_of(const Json& tagged) {
    std::vector<PublicKey> keys;
    for (const Json& item : tagged.at("v")) {
        keys.emplace_back(raw(item));
    }
    return keys;
}

Json tagged(const Certificate& certificate) {
    return {{"t", "cert"}, {"v", to_hex(certificate.pack())}};
}

Json tagged(const MerklizedScript& made) {
    std::vector<Json> unlocks;
    for (const Script& unlock : made.unlocks) {
        unlocks.push_back(vectors::tagged(unlock));
    }
    return tagged_list("tuple",
                       {vectors::tagged(made.lock), tagged_list("list", std::move(unlocks))});
}

Json tagged(const Amhl& made) {
    std::vector<Json> pairs;
    for (const AmhlHop& hop : made.hops) {
        pairs.push_back(
            {tagged_bytes(hop.key.bytes()),
             tagged_list("tuple", {vectors::tagged(hop.check), vectors::tagged(hop.lock),
                                   tagged_bytes(hop.tweak_point.bytes()),
                                   tagged_bytes(hop.scalar.reveal())})});
    }
    pairs.push_back({{{"t", "str"}, {"v", "key"}}, tagged_bytes(made.key.reveal())});
    return tagged_list("dict", std::move(pairs));
}

HtlcOptions htlc(const Arguments& a, bool sized) {
    HtlcOptions options{.receiver = a.key(0, "receiver_pubkey"),
                        .refund = a.key(1, "refund_pubkey"),
                        .preimage = a.bytes_or_empty(2, "preimage"),
                        .digest = a.bytes_or_empty(3, "digest")};
    if (sized) options.hash_size = static_cast<std::uint8_t>(a.integer(4, "hash_size", 20));
    options.timeout = std::chrono::seconds(a.integer(sized ? 5 : 4, "timeout", 86400));
    options.now = a.now();
    options.sigflags = a.sigflags(sized ? 6 : 5);
    return options;
}

PtlcOptions ptlc(const Arguments& a) {
    PtlcOptions options{.receiver = a.key(0, "receiver_pubkey"),
                        .refund = a.key(1, "refund_pubkey")};
    if (a.find(2, "tweak_point")) options.tweak_point = a.key(2, "tweak_point");
    options.timeout = std::chrono::seconds(a.integer(3, "timeout", 86400));
    options.now = a.now();
    options.sigflags = a.sigflags(4);
    return options;
}

Commitment commitment(const Arguments& a, std::size_t script_index) {
    if (a.find(script_index + 1, "script_commitment")) {
        return Commitment(a.bytes(script_index + 1, "script_commitment"));
    }
    return Commitment(a.script(script_index, "script"));
}

Amhl amhl_of(const Arguments& a) {
    const std::string seed = a.bytes(0, "seed");
    const auto keys = keys_of(a.at(1, "pubkeys"));
    AmhlOptions options{.seed = seed, .keys = keys, .now = a.now(), .sigflags = a.sigflags(2)};
    if (const Json* refunds = a.find(3, "refund_pubkeys")) {
        for (const Json& pair : refunds->at("v")) {
            options.refunds.emplace(PublicKey(raw(pair.at(0))), PublicKey(raw(pair.at(1))));
        }
    }
    options.timeout = std::chrono::seconds(a.integer(4, "timeout", 86400));
    return setup_amhl(options);
}

std::vector<Certificate> certificates(const Json& list) {
    std::vector<Certificate> made;
    for (const Json& item : list.at("v")) {
        made.push_back(Certificate::unpack(raw(item)).value());
    }
    return made;
}

OnResult on_result(const Arguments& a, std::size_t index) {
    return a.boolean(index, "op_verify", false) ? OnResult::verify : OnResult::leave;
}

}  // namespace

Arguments::Arguments(const Json& one)
    : args_(one.at("args")),
      kwargs_(one.value("kwargs", Json::object())),
      now_(one.value("now", std::int64_t{1'700'000'000})) {}

const Json* Arguments::find(std::size_t index, std::string_view name) const {
    const Json* found = nullptr;
    if (index < args_.size()) {
        found = &args_[index];
    } else if (const auto named = kwargs_.find(std::string(name)); named != kwargs_.end()) {
        found = &*named;
    }
    return found && found->at("t") != "none" ? found : nullptr;
}

const Json& Arguments::at(std::size_t index, std::string_view name) const {
    const Json* found = find(index, name);
    if (!found) throw std::invalid_argument("the case does not give " + std::string(name));
    return *found;
}

std::string Arguments::bytes(std::size_t index, std::string_view name) const {
    return raw(at(index, name));
}

std::string Arguments::bytes_or_empty(std::size_t index, std::string_view name) const {
    const Json* found = find(index, name);
    return found ? raw(*found) : std::string();
}

std::int64_t Arguments::integer(std::size_t index, std::string_view name,
                                std::int64_t otherwise) const {
    const Json* found = find(index, name);
    return found ? std::stoll(found->at("v").get<std::string>()) : otherwise;
}

bool Arguments::boolean(std::size_t index, std::string_view name, bool otherwise) const {
    const Json* found = find(index, name);
    return found ? found->at("v").get<bool>() : otherwise;
}

std::uint8_t Arguments::sigflags(std::size_t index) const {
    const Json* found = find(index, "sigflags");
    if (!found) return 0;
    return static_cast<std::uint8_t>(from_hex(found->at("v").get<std::string>()).at(0));
}

PublicKey Arguments::key(std::size_t index, std::string_view name) const {
    return PublicKey(bytes(index, name));
}

SigningKey Arguments::signing_key(std::size_t index, std::string_view name) const {
    return SigningKey(bytes(index, name));
}

Script Arguments::script(std::size_t index, std::string_view name) const {
    const Json& given = at(index, name);
    if (given.at("t") == "str") return compile(given.at("v").get<std::string>()).value();
    return Script{{}, raw(given)};
}

SigFields Arguments::fields(std::size_t index) const {
    SigFields fields;
    const std::map<std::string, std::optional<std::string>*> by_name{
        {"sigfield1", &fields.sigfield1}, {"sigfield2", &fields.sigfield2},
        {"sigfield3", &fields.sigfield3}, {"sigfield4", &fields.sigfield4},
        {"sigfield5", &fields.sigfield5}, {"sigfield6", &fields.sigfield6},
        {"sigfield7", &fields.sigfield7}, {"sigfield8", &fields.sigfield8}};
    for (const Json& pair : at(index, "sigfields").at("v")) {
        const auto found = by_name.find(pair.at(0).at("v").get<std::string>());
        if (found != by_name.end()) *found->second = raw(pair.at(1));
    }
    return fields;
}

SignOptions Arguments::signing(std::size_t sigflags_index) const {
    SignOptions options{.sigflags = sigflags(sigflags_index)};
    if (const Json* prefix = find(sigflags_index + 1, "sign_script_prefix")) {
        options.prefix = compile(prefix->at("v").get<std::string>()).value();
    }
    return options;
}

std::string raw(const Json& tagged) {
    if (const auto repeated = tagged.find("rep"); repeated != tagged.end()) {
        return bytes_field(Json::array({*repeated}));
    }
    return from_hex(tagged.at("v").get<std::string>());
}

Json tagged_bytes(std::string_view bytes) {
    return {{"t", "bytes"}, {"v", to_hex(bytes)}};
}

Json tagged(const Script& script) {
    return {{"t", "script"}, {"v", to_hex(script.code)}};
}

Json tagged_list(std::string_view type, std::vector<Json> items) {
    return {{"t", type}, {"v", std::move(items)}};
}

const std::map<std::string, Maker, std::less<>>& makers() {
    using A = const Arguments&;
    static const std::map<std::string, Maker, std::less<>> table{
        {"make_single_sig_lock",
         [](A a) { return tagged(make_single_sig_lock(a.key(0, "pubkey"), a.sigflags(1))); }},
        {"make_single_sig_lock2",
         [](A a) { return tagged(make_single_sig_lock2(a.key(0, "pubkey"), a.sigflags(1))); }},
        {"make_single_sig_witness",
         [](A a) {
             return tagged(
                 make_single_sig_witness(a.signing_key(0, "prvkey"), a.fields(1), a.signing(2)));
         }},
        {"make_single_sig_witness2",
         [](A a) {
             return tagged(
                 make_single_sig_witness2(a.signing_key(0, "prvkey"), a.fields(1), a.signing(2)));
         }},
        {"make_multisig_lock",
         [](A a) {
             return tagged(make_multisig_lock(
                 keys_of(a.at(0, "pubkeys")),
                 static_cast<std::size_t>(a.integer(1, "quorum_size", 0)), a.sigflags(2)));
         }},
        {"make_timestamp_after_lock",
         [](A a) {
             return tagged(make_timestamp_after_lock(a.integer(0, "ts", 0), on_result(a, 1)));
         }},
        {"make_timestamp_before_lock",
         [](A a) {
             return tagged(make_timestamp_before_lock(a.integer(0, "ts", 0), on_result(a, 1)));
         }},
        {"make_timestamp_between_lock",
         [](A a) {
             return tagged(make_timestamp_between_lock(a.integer(0, "begin_ts", 0),
                                                       a.integer(1, "end_ts", 0), on_result(a, 2)));
         }},
        {"make_scripthash_lock",
         [](A a) {
             return tagged(make_scripthash_lock(
                 a.script(0, "script"), static_cast<std::uint8_t>(a.integer(1, "hashsize", 26))));
         }},
        {"make_scripthash_witness",
         [](A a) { return tagged(make_scripthash_witness(a.script(0, "script"))); }},
        {"make_merklized_script_prioritized",
         [](A a) {
             return tagged(make_merklized_script_prioritized(scripts_of(a.at(0, "leaves"))));
         }},
        {"make_merklized_script_balanced",
         [](A a) { return tagged(make_merklized_script_balanced(scripts_of(a.at(0, "leaves")))); }},
        {"make_adapter_locks_pub",
         [](A a) {
             const auto made =
                 make_adapter_locks_pub(a.key(0, "pubkey"), a.key(1, "tweak_point"), a.sigflags(2));
             return tagged_list("tuple", {tagged(made.check), tagged(made.lock)});
         }},
        {"make_adapter_locks_prv",
         [](A a) {
             const auto made = make_adapter_locks_prv(a.key(0, "pubkey"),
                                                      Scalar(a.bytes(1, "tweak")), a.sigflags(2));
             return tagged_list("tuple",
                                {tagged(made.check), tagged(made.decrypt), tagged(made.lock)});
         }},
        {"make_adapter_lock_pub",
         [](A a) {
             return tagged(
                 make_adapter_lock_pub(a.key(0, "pubkey"), a.key(1, "tweak_point"), a.sigflags(2)));
         }},
        {"make_adapter_lock_prv",
         [](A a) {
             return tagged(make_adapter_lock_prv(a.key(0, "pubkey"), Scalar(a.bytes(1, "tweak")),
                                                 a.sigflags(2)));
         }},
        {"make_adapter_witness",
         [](A a) {
             return tagged(make_adapter_witness(a.signing_key(0, "prvkey"), a.key(1, "tweak_point"),
                                                a.fields(2), a.signing(3)));
         }},
        {"make_adapter_decrypt",
         [](A a) { return tagged(make_adapter_decrypt(Scalar(a.bytes(0, "tweak")))); }},
        {"decrypt_adapter",
         [](A a) {
             return tagged_bytes(
                 decrypt_adapter(a.script(0, "adapter_witness"), Scalar(a.bytes(1, "tweak"))));
         }},
        {"make_delegate_key_lock",
         [](A a) {
             return tagged(make_delegate_key_lock(a.key(0, "root_pubkey"), a.sigflags(1)));
         }},
        {"make_delegate_key_chain_lock",
         [](A a) {
             return tagged(make_delegate_key_chain_lock(a.key(0, "root_pubkey"), a.sigflags(1)));
         }},
        {"make_delegate_key_cert",
         [](A a) {
             return tagged(make_delegate_key_cert(
                 a.signing_key(0, "root_skey"),
                 {.delegate = a.key(1, "delegate_pubkey"),
                  .begin = a.integer(2, "begin_ts", 0),
                  .end = a.integer(3, "end_ts", 0),
                  .can_further_delegate = a.boolean(4, "can_further_delegate", true)}));
         }},
        {"make_delegate_key_witness",
         [](A a) {
             return tagged(make_delegate_key_witness(
                 a.signing_key(0, "delegate_prvkey"),
                 Certificate::unpack(a.bytes(1, "cert")).value(), a.fields(2), a.signing(3)));
         }},
        {"make_delegate_key_chain_witness",
         [](A a) {
             return tagged(make_delegate_key_chain_witness(a.signing_key(0, "delegate_prvkey"),
                                                           certificates(a.at(1, "certs")),
                                                           a.fields(2), a.signing(3)));
         }},
        {"make_graftroot_lock",
         [](A a) { return tagged(make_graftroot_lock(a.key(0, "pubkey"), a.sigflags(1))); }},
        {"make_graftroot_witness_keyspend",
         [](A a) {
             return tagged(make_graftroot_witness_keyspend(a.signing_key(0, "prvkey"), a.fields(1),
                                                           a.signing(2)));
         }},
        {"make_graftroot_witness_surrogate",
         [](A a) {
             return tagged(make_graftroot_witness_surrogate(a.signing_key(0, "prvkey"),
                                                            a.script(1, "script")));
         }},
        {"make_htlc_sha256_lock",
         [](A a) { return tagged(make_htlc_sha256_lock(htlc(a, false))); }},
        {"make_htlc_shake256_lock",
         [](A a) { return tagged(make_htlc_shake256_lock(htlc(a, true))); }},
        {"make_htlc2_sha256_lock",
         [](A a) { return tagged(make_htlc2_sha256_lock(htlc(a, false))); }},
        {"make_htlc2_shake256_lock",
         [](A a) { return tagged(make_htlc2_shake256_lock(htlc(a, true))); }},
        {"make_htlc_witness",
         [](A a) {
             return tagged(make_htlc_witness(a.signing_key(0, "prvkey"), a.bytes(1, "preimage"),
                                             a.fields(2), a.signing(3)));
         }},
        {"make_htlc2_witness",
         [](A a) {
             return tagged(make_htlc2_witness(a.signing_key(0, "prvkey"), a.bytes(1, "preimage"),
                                              a.fields(2), a.signing(3)));
         }},
        {"make_ptlc_lock", [](A a) { return tagged(make_ptlc_lock(ptlc(a))); }},
        {"make_ptlc_witness",
         [](A a) {
             const SigningKey key = a.signing_key(0, "prvkey");
             if (!a.find(2, "tweak_scalar")) {
                 return tagged(make_ptlc_witness(key, a.fields(1), a.signing(3)));
             }
             return tagged(make_ptlc_witness(key, Scalar(a.bytes(2, "tweak_scalar")), a.fields(1),
                                             a.signing(3)));
         }},
        {"make_ptlc_refund_witness",
         [](A a) {
             return tagged(
                 make_ptlc_refund_witness(a.signing_key(0, "prvkey"), a.fields(1), a.signing(2)));
         }},
        {"make_taproot_lock",
         [](A a) {
             return tagged(make_taproot_lock(a.key(0, "pubkey"), commitment(a, 1), a.sigflags(3)));
         }},
        {"make_nonnative_taproot_lock",
         [](A a) {
             return tagged(
                 make_nonnative_taproot_lock(a.key(0, "pubkey"), commitment(a, 1), a.sigflags(3)));
         }},
        {"make_taproot_witness_keyspend",
         [](A a) {
             return tagged(make_taproot_witness_keyspend(
                 a.signing_key(0, "prvkey"), commitment(a, 2), a.fields(1), a.signing(4)));
         }},
        {"make_taproot_witness_scriptspend",
         [](A a) {
             return tagged(make_taproot_witness_scriptspend(a.key(0, "pubkey"),
                                                            a.script(1, "committed_script")));
         }},
        {"make_graftap_lock",
         [](A a) { return tagged(make_graftap_lock(a.key(0, "pubkey"), a.sigflags(1))); }},
        {"make_graftap_witness_keyspend",
         [](A a) {
             return tagged(make_graftap_witness_keyspend(a.signing_key(0, "prvkey"), a.fields(1),
                                                         a.signing(2)));
         }},
        {"make_graftap_witness_scriptspend",
         [](A a) {
             return tagged(make_graftap_witness_scriptspend(a.signing_key(0, "prvkey"),
                                                            a.script(1, "surrogate_script")));
         }},
        {"setup_amhl", [](A a) { return tagged(amhl_of(a)); }},
        {"release_left_amhl_lock",
         [](A a) {
             return tagged_bytes(release_left_amhl_lock(a.script(0, "adapter_witness"),
                                                        a.bytes(1, "signature"),
                                                        Scalar(a.bytes(2, "y")))
                                     .reveal());
         }},
    };
    return table;
}

}  // namespace netaio::vectors

#include <array>
#include <initializer_list>
#include <netaio/chat/x3dh.hpp>

#include "fields.hpp"
#include "hkdf.hpp"
#include "secret_bytes.hpp"

namespace netaio::chat {
namespace {

constexpr std::string_view x3dh_info = "netaio-chat x3dh 1";

// A secret key and the public key that it is used with.
struct Agreement {
    const AgreementKeys* ours;
    const AgreementKey* theirs;
};

// Of what each of these comes to, in the order of the specification; an agreement of nobody is
// left out.
Result<X3dhSecret> secret_of(std::initializer_list<Agreement> agreements, const PublicKey& beginner,
                             const PublicKey& answerer) {
    SecretWriter input;
    // No public key, so that no other use of these keys is taken for this one.
    input.add(std::string(key_size, '\xff'));
    for (const auto& [ours, theirs] : agreements) {
        if (!ours || !theirs) {
            continue;
        }
        const auto agreed = ours->agree(*theirs);
        if (!agreed) {
            return agreed.error();
        }
        input.add(agreed->reveal());
    }
    X3dhSecret secret;
    hkdf_sha256(std::string(key_size, '\0'), input.bytes(), x3dh_info, secret.shared.octets());
    secret.associated_data = beginner.bytes().str().append(answerer.bytes());
    return secret;
}

}  // namespace

Value X3dhHeader::to_value() const {
    Dict fields{{"identity", Bytes(identity.bytes())},
                {"ephemeral", Bytes(ephemeral.bytes())},
                {"signed_prekey", signed_prekey}};
    if (one_time_prekey) {
        fields.set("one_time_prekey", *one_time_prekey);
    }
    return fields;
}

Result<X3dhHeader> X3dhHeader::from_value(const Value& value) {
    const auto identity = key_field<PublicKey>(value, "identity");
    const auto ephemeral = key_field<AgreementKey>(value, "ephemeral");
    const auto signed_prekey = number_field<std::uint32_t>(value, "signed_prekey");
    if (!identity || !ephemeral || !signed_prekey) {
        return Errc::malformed;
    }
    X3dhHeader header{*identity, *ephemeral, *signed_prekey};
    if (value.find("one_time_prekey")) {
        const auto id = number_field<std::uint32_t>(value, "one_time_prekey");
        if (!id) {
            return id.error();
        }
        header.one_time_prekey = *id;
    }
    return header;
}

Result<X3dhBegun> x3dh_begin(const Identity& own, const PrekeyBundle& bundle, std::uint64_t now,
                             Random& random) {
    if (const auto error = bundle.verify(now)) {
        return error;
    }
    const AgreementKeys& own_keys = own.agreement_keys();
    const AgreementKeys ephemeral = AgreementKeys::make(random);
    const AgreementKey their_key = bundle.identity.agreement_key();
    const AgreementKey& their_prekey = bundle.signed_prekey.key;
    const AgreementKey* const one_time =
        bundle.one_time_prekey ? &bundle.one_time_prekey->key : nullptr;
    const auto secret = secret_of({{&own_keys, &their_prekey},
                                   {&ephemeral, &their_key},
                                   {&ephemeral, &their_prekey},
                                   {&ephemeral, one_time}},
                                  own.public_key(), bundle.identity);
    if (!secret) {
        return secret.error();
    }
    X3dhHeader header{own.public_key(), ephemeral.public_key(), bundle.signed_prekey.id};
    if (bundle.one_time_prekey) {
        header.one_time_prekey = bundle.one_time_prekey->id;
    }
    return X3dhBegun{*secret, header, their_prekey};
}

Result<X3dhAnswered> x3dh_answer(const Identity& own, const Prekeys& prekeys,
                                 const X3dhHeader& header) {
    const auto signed_prekey = prekeys.signed_prekey(header.signed_prekey);
    if (!signed_prekey) {
        return signed_prekey.error();
    }
    std::optional<AgreementKeys> one_time;
    if (header.one_time_prekey) {
        const auto found = prekeys.one_time_prekey(*header.one_time_prekey);
        if (!found) {
            return found.error();
        }
        one_time = *found;
    }
    const AgreementKeys& own_keys = own.agreement_keys();
    const AgreementKey their_key = header.identity.agreement_key();
    const auto secret = secret_of({{&*signed_prekey, &their_key},
                                   {&own_keys, &header.ephemeral},
                                   {&*signed_prekey, &header.ephemeral},
                                   {one_time ? &*one_time : nullptr, &header.ephemeral}},
                                  header.identity, own.public_key());
    if (!secret) {
        return secret.error();
    }
    return X3dhAnswered{*secret, *signed_prekey};
}

}  // namespace netaio::chat

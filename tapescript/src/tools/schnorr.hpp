#pragma once

#include <netaio/tapescript/keys.hpp>

/// The parts of a signature, for those that libsodium cannot make at one stroke.
namespace netaio::tapescript::tools {

/// A secret nonce that depends on nothing but a secret and the message.
Scalar nonce_for(std::string_view secret, std::string_view message);
/// What the signer's scalar is multiplied by, given the nonce's point and the public key.
Scalar challenge(const Point& nonce, const PublicKey& key, std::string_view message);

}  // namespace netaio::tapescript::tools

#include "hash.hpp"

#include <openssl/evp.h>
#include <sodium.h>

#include <memory>
#include <stdexcept>

namespace netaio::tapescript::tools {
namespace {

unsigned char* octets(std::string& bytes) noexcept {
    return reinterpret_cast<unsigned char*>(bytes.data());
}

}  // namespace

std::string sha256(std::string_view bytes) {
    std::string hash(crypto_hash_sha256_BYTES, '\0');
    crypto_hash_sha256(octets(hash), reinterpret_cast<const unsigned char*>(bytes.data()),
                       bytes.size());
    return hash;
}

std::string shake256(std::string_view bytes, std::size_t size) {
    const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(),
                                                                     EVP_MD_CTX_free);
    std::string hash(size, '\0');
    if (!context || EVP_DigestInit_ex(context.get(), EVP_shake256(), nullptr) != 1 ||
        EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) != 1 ||
        EVP_DigestFinalXOF(context.get(), octets(hash), size) != 1) {
        throw std::runtime_error("OpenSSL has no SHAKE-256 here");
    }
    return hash;
}

}  // namespace netaio::tapescript::tools

#include "hash.hpp"

#include <openssl/evp.h>

#include <memory>
#include <stdexcept>

namespace netaio::tapescript::machine {
namespace {

// A digest and its context, found once for each thread: that costs more than a short hash.
class Hasher {
public:
    explicit Hasher(const char* name)
        : digest_(EVP_MD_fetch(nullptr, name, nullptr), EVP_MD_free),
          context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {}

    void start(std::string_view bytes) {
        if (!digest_ || !context_ ||
            EVP_DigestInit_ex2(context_.get(), digest_.get(), nullptr) != 1 ||
            EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) != 1) {
            throw std::runtime_error("OpenSSL lacks a hash that scripts need");
        }
    }
    EVP_MD_CTX* context() noexcept { return context_.get(); }

private:
    std::unique_ptr<EVP_MD, void (*)(EVP_MD*)> digest_;
    std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context_;
};

}  // namespace

Hash256 hash_sha256(std::string_view bytes) {
    thread_local Hasher hasher("SHA256");
    Hash256 hash;
    hasher.start(bytes);
    EVP_DigestFinal_ex(hasher.context(), reinterpret_cast<unsigned char*>(hash.data()), nullptr);
    return hash;
}

void hash_shake256(std::string_view bytes, std::span<char> hash) {
    thread_local Hasher hasher("SHAKE256");
    if (hash.empty()) return;
    hasher.start(bytes);
    EVP_DigestFinalXOF(hasher.context(), reinterpret_cast<unsigned char*>(hash.data()),
                       hash.size());
}

}  // namespace netaio::tapescript::machine

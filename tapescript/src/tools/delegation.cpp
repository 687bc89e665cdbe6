#include <netaio/tapescript/delegation.hpp>
#include <stdexcept>

#include "assembler.hpp"

namespace netaio::tapescript {
namespace {

using tools::Assembler;

constexpr std::size_t preimage_size = 41;
constexpr std::size_t signature_size = 64;
constexpr std::int64_t time_max = 0x7fff'ffff;
constexpr char yes = '\xff';

void put_time(std::string& out, std::int64_t time) {
    if (time < 0 || time > time_max) {
        throw std::invalid_argument("a certificate's times are Unix seconds up to 2^31 - 1");
    }
    for (int shift = 24; shift >= 0; shift -= 8) {
        out += static_cast<char>(time >> shift);
    }
}

std::int64_t get_time(std::string_view bytes) {
    std::uint32_t time = 0;
    for (const char byte : bytes) {
        time = time << 8 | static_cast<unsigned char>(byte);
    }
    return static_cast<std::int32_t>(time);
}

// Takes a certificate apart: its parts go into the cache, and what is signed stays on the stack.
// With `further`, whether the delegate may delegate is kept too.
void take_certificate(Assembler& lock, bool further) {
    const auto split = [&](std::uint8_t at) { lock.push_int(at).op(Op::split); };
    split(41);
    lock.store("s").op(Op::dup);
    split(40);
    further ? lock.store("c") : lock.op(Op::pop0);
    split(36);
    lock.store("e");
    split(32);
    lock.store("b").store("d");
    lock.load("b").op(Op::check_timestamp_verify);
    lock.load("e").op(Op::check_timestamp).op(Op::not_).op(Op::verify);
    lock.load("s").op(Op::swap2);
}

}  // namespace

std::string Certificate::preimage() const {
    std::string bytes(delegate.bytes());
    put_time(bytes, begin);
    put_time(bytes, end);
    bytes += can_further_delegate ? yes : '\0';
    return bytes;
}

std::string Certificate::pack() const {
    if (signature.size() != signature_size) {
        throw std::invalid_argument(
            "a certificate is signed with 64 bytes: use "
            "make_delegate_key_cert()");
    }
    return preimage() + signature;
}

Result<Certificate> Certificate::unpack(std::string_view packed) {
    if (packed.size() != packed_size) return Error{"ValueError", "data must be 105 bytes"};
    const std::int64_t begin = get_time(packed.substr(32, 4));
    const std::int64_t end = get_time(packed.substr(36, 4));
    if (begin < 0 || end < 0) return Error{"ValueError", "a certificate's times start in 1970"};
    return Certificate{.delegate = PublicKey(packed.substr(0, 32)),
                       .begin = begin,
                       .end = end,
                       .can_further_delegate = packed[40] == yes,
                       .signature = std::string(packed.substr(preimage_size))};
}

Certificate make_delegate_key_cert(const SigningKey& root, const CertificateOptions& options) {
    Certificate certificate{.delegate = options.delegate,
                            .begin = options.begin,
                            .end = options.end,
                            .can_further_delegate = options.can_further_delegate};
    certificate.signature = root.sign(certificate.preimage());
    return certificate;
}

Script make_delegate_key_lock(const PublicKey& root, std::uint8_t sigflags) {
    Assembler lock;
    take_certificate(lock, false);
    lock.push(root.bytes()).op(Op::check_sig_stack).op(Op::verify);
    lock.load("d").op(Op::check_sig, {sigflags});
    return lock.script();
}

Script make_delegate_key_witness(const SigningKey& delegate, const Certificate& certificate,
                                 const SigFields& fields, const SignOptions& options) {
    return Assembler().push(sign(delegate, fields, options)).push(certificate.pack()).script();
}

Script make_delegate_key_chain_lock(const PublicKey& root, std::uint8_t sigflags) {
    constexpr std::uint8_t one_link = 0;
    Assembler next;
    next.load("d").op(Op::call, {one_link});
    Assembler last;
    last.load("d").op(Op::check_sig, {sigflags});

    Assembler link;
    link.store("r");
    take_certificate(link, true);
    link.load("r").op(Op::check_sig_stack).op(Op::verify);
    link.load("c").op(Op::and_).if_else(next, last);
    return Assembler().define(one_link, link).push(root.bytes()).op(Op::call, {one_link}).script();
}

Script make_delegate_key_chain_witness(const SigningKey& delegate,
                                       std::span<const Certificate> certificates,
                                       const SigFields& fields, const SignOptions& options) {
    if (certificates.empty()) {
        throw std::invalid_argument("a chain of delegates has at least one certificate");
    }
    Assembler witness;
    witness.push(sign(delegate, fields, options));
    bool further = false;
    for (const Certificate& certificate : certificates) {
        witness.push_bool(further).push(certificate.pack());
        further = true;
    }
    return witness.script();
}

}  // namespace netaio::tapescript

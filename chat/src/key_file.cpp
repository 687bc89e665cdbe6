#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <netaio/chat/keys.hpp>
#include <optional>
#include <string_view>

#include "secret_bytes.hpp"
#include "sodium.hpp"

namespace netaio::chat {
namespace {

constexpr std::string_view key_file_start = "netaio-chat key 1\n";
constexpr std::uint8_t open_kind = 0;
constexpr std::uint8_t sealed_kind = 1;
constexpr std::size_t key_file_salt_size = crypto_pwhash_SALTBYTES;
constexpr std::size_t seal_nonce_size = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t sealed_seed_size = key_size + crypto_aead_xchacha20poly1305_ietf_ABYTES;

[[noreturn]] void key_file_error(const char* action, const std::string& path, int error) {
    const boost::system::error_code code(error, boost::system::system_category());
    throw Error(code,
                std::string("cannot ") + action + " the key '" + path + "': " + code.message());
}

std::string folder_of(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

class KeyFile {
public:
    KeyFile(const std::string& path, int flags) : file_(::open(path.c_str(), flags | O_CLOEXEC)) {}
    ~KeyFile() {
        if (file_ >= 0) {
            ::close(file_);
        }
    }
    KeyFile(const KeyFile&) = delete;
    KeyFile& operator=(const KeyFile&) = delete;

    bool is_open() const noexcept { return file_ >= 0; }
    int number() const noexcept { return file_; }
    bool sync() const noexcept { return ::fsync(file_) == 0; }

private:
    const int file_;
};

// A new file is there for good only once its folder is written.
bool sync_folder_of(const std::string& path) noexcept {
    const KeyFile folder(folder_of(path), O_RDONLY | O_DIRECTORY);
    return folder.is_open() && folder.sync();
}

// A new file without a name, or, where the file system has none such, with another name. Whatever
// ends this program meanwhile, there is no part of it under its own.
class UnfinishedFile {
public:
    explicit UnfinishedFile(const std::string& path)
        : file_(::open(folder_of(path).c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600)) {
        if (file_ >= 0) return;
        name_ = path + ".XXXXXX";
        file_ = ::mkostemp(name_.data(), O_CLOEXEC);
    }
    ~UnfinishedFile() {
        if (file_ < 0) return;
        ::close(file_);
        if (!name_.empty()) ::unlink(name_.c_str());
    }
    UnfinishedFile(const UnfinishedFile&) = delete;
    UnfinishedFile& operator=(const UnfinishedFile&) = delete;

    bool is_open() const noexcept { return file_ >= 0; }
    bool write(ByteView bytes) noexcept {
        return ::write(file_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) &&
               ::fsync(file_) == 0;
    }
    bool name(const std::string& path) const {
        const std::string now = name_.empty() ? "/proc/self/fd/" + std::to_string(file_) : name_;
        return ::linkat(AT_FDCWD, now.c_str(), AT_FDCWD, path.c_str(),
                        name_.empty() ? AT_SYMLINK_FOLLOW : 0) == 0;
    }

private:
    int file_;
    std::string name_;
};

void write_new_file(const std::string& path, ByteView bytes) {
    UnfinishedFile file(path);
    if (!file.is_open()) {
        key_file_error("make", path, errno);
    }
    errno = 0;
    const bool written = file.write(bytes);
    const bool named = written && file.name(path);
    const int error = errno == 0 ? ENOSPC : errno;
    if (written && !named && error == EEXIST) {
        throw Error({error, boost::system::system_category()},
                    "there is a file '" + path +
                        "' already, and a key that is written over is lost: name another");
    }
    if (!named) {
        key_file_error("write", path, error);
    }
    if (!sync_folder_of(path)) {
        const int folder_error = errno;
        ::unlink(path.c_str());
        key_file_error("write", path, folder_error);
    }
}

Secret read_key_file(const std::string& path) {
    const KeyFile file(path, O_RDONLY | O_NONBLOCK);
    if (!file.is_open()) {
        key_file_error("open", path, errno);
    }
    struct stat status{};
    if (::fstat(file.number(), &status) == 0 && S_ISREG(status.st_mode) &&
        (status.st_mode & 0077) != 0) {
        throw Error({EPERM, boost::system::system_category()},
                    "others on this machine may read the key in '" + path +
                        "'; chmod 600 keeps it to its owner");
    }
    // There is room for more than a key, which then is none.
    std::array<char, 256> bytes;
    const ssize_t size = ::read(file.number(), bytes.data(), bytes.size());
    if (size < 0) {
        key_file_error("read", path, errno);
    }
    Secret content = std::string_view(bytes.data(), static_cast<std::size_t>(size));
    sodium_memzero(bytes.data(), bytes.size());
    return content;
}

// What the parts of a key file are; they are as long as its bytes.
struct KeyParts {
    ByteView authenticated;  // all before the nonce
    ByteView public_key;
    ByteView seed;
    // Of one that is sealed.
    ByteView salt;
    ByteView nonce;
    ByteView sealed;

    bool is_sealed() const noexcept { return !sealed.empty(); }
};

[[noreturn]] void no_key_file(const std::string& path) {
    throw Error(make_error_code(Errc::malformed),
                "there is no key in '" + path + "', or it was changed: name the file of a key");
}

KeyParts parts_of(ByteView content, const std::string& path) {
    SecretReader reader(content);
    if (reader.take(key_file_start.size()) != key_file_start) {
        no_key_file(path);
    }
    KeyParts parts;
    const auto kind = reader.take_number<std::uint8_t>();
    parts.public_key = reader.take(key_size);
    if (kind == open_kind) {
        parts.seed = reader.take(key_size);
    } else if (kind == sealed_kind) {
        parts.salt = reader.take(key_file_salt_size);
        parts.nonce = reader.take(seal_nonce_size);
        parts.sealed = reader.take(sealed_seed_size);
        parts.authenticated =
            content.substr(0, key_file_start.size() + 1 + key_size + key_file_salt_size);
    } else {
        no_key_file(path);
    }
    if (!reader.is_done()) {
        no_key_file(path);
    }
    return parts;
}

SecretKey stretched(const Secret& passphrase, ByteView salt) {
    start_sodium();
    SecretKey key;
    if (crypto_pwhash(key.octets().data(), key_size, passphrase.reveal().data(),
                      passphrase.reveal().size(), salt.octets(), crypto_pwhash_OPSLIMIT_MODERATE,
                      crypto_pwhash_MEMLIMIT_MODERATE, crypto_pwhash_ALG_ARGON2ID13) != 0) {
        throw Error({ENOMEM, boost::system::system_category()},
                    "a passphrase takes 256 MiB of memory, which are not there: end another "
                    "program and try again");
    }
    return key;
}

std::string fresh_bytes(std::size_t size, Random& random) {
    std::string bytes(size, '\0');
    random.fill(bytes);
    return bytes;
}

SecretKey unsealed_seed(const KeyParts& parts, const Secret& passphrase, const std::string& path) {
    if (passphrase.empty()) {
        throw Error(make_error_code(Errc::auth_not_possible),
                    "the key in '" + path + "' is sealed: give its passphrase");
    }
    const SecretKey key = stretched(passphrase, parts.salt);
    SecretKey seed;
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(
            seed.octets().data(), nullptr, nullptr, parts.sealed.octets(), parts.sealed.size(),
            parts.authenticated.octets(), parts.authenticated.size(), parts.nonce.octets(),
            key.reveal().octets()) != 0) {
        throw Error(make_error_code(Errc::decrypt_failed),
                    "the passphrase does not open the key in '" + path +
                        "': it is another, or the file was changed");
    }
    return seed;
}

}  // namespace

void save_identity(const std::string& path, const Identity& identity, const Secret& passphrase,
                   Random& random) {
    SecretWriter file;
    const ByteView public_key = identity.public_key().bytes();
    const SecretKey seed = identity.seed();
    file.add(key_file_start);
    if (passphrase.empty()) {
        file.add_number(open_kind).add(public_key).add(seed.reveal());
    } else {
        const std::string salt = fresh_bytes(key_file_salt_size, random);
        const std::string nonce = fresh_bytes(seal_nonce_size, random);
        file.add_number(sealed_kind).add(public_key).add(salt);
        const SecretKey key = stretched(passphrase, salt);
        std::array<unsigned char, sealed_seed_size> sealed;
        crypto_aead_xchacha20poly1305_ietf_encrypt(
            sealed.data(), nullptr, seed.reveal().octets(), key_size, file.bytes().octets(),
            file.bytes().size(), nullptr, ByteView(nonce).octets(), key.reveal().octets());
        file.add(nonce).add(sealed);
    }
    write_new_file(path, file.bytes());
}

Identity load_identity(const std::string& path, const Secret& passphrase) {
    const Secret content = read_key_file(path);
    const KeyParts parts = parts_of(content.reveal(), path);
    const SecretKey seed = parts.is_sealed() ? unsealed_seed(parts, passphrase, path)
                                             : SecretKey::parse(parts.seed).value();
    Identity identity(seed);
    if (identity.public_key().bytes() != parts.public_key) {
        no_key_file(path);
    }
    return identity;
}

bool is_sealed_identity(const std::string& path) {
    const Secret content = read_key_file(path);
    return parts_of(content.reveal(), path).is_sealed();
}

}  // namespace netaio::chat

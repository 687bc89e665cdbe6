#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <netaio/tapescript/bytes.hpp>
#include <netaio/tapescript/delegation.hpp>

#include "exit_code.hpp"
#include "output.hpp"
#include "run_arguments.hpp"
#include "scripts.hpp"
#include "text.hpp"
#include "tool.hpp"

namespace netaio::app {
namespace {

struct KeyArguments {
    std::string file;
    bool make_new = false;
    std::string delegate;
    std::int64_t begin = 0;
    std::int64_t end = 0;
    bool last = false;
    std::string output;
    bool json = false;
};

// A new file that only its owner may read.
void write_new_key(const std::string& name, const tapescript::SigningKey& key) {
    std::string digits = tapescript::to_hex(key.reveal_seed()) + '\n';
    constexpr mode_t owner_only = 0600;
    const int file = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, owner_only);
    const bool written = file >= 0 && ::write(file, digits.data(), digits.size()) ==
                                          static_cast<ssize_t>(digits.size());
    const int error = errno;
    sodium_memzero(digits.data(), digits.size());
    if (file >= 0 && ::close(file) == 0 && written) return;
    if (file >= 0) ::unlink(name.c_str());
    throw Failure(ExitCode::other,
                  "cannot write '" + printable(name) + "': " + std::strerror(error));
}

int show_key(const KeyArguments& arguments) {
    const auto key =
        arguments.make_new ? tapescript::SigningKey::generate() : read_signing_key(arguments.file);
    if (arguments.make_new) write_new_key(arguments.file, key);
    write_code(std::string(key.public_key().bytes()), arguments.output);
    return static_cast<int>(ExitCode::done);
}

int make_certificate(const KeyArguments& arguments) {
    const auto certificate = tapescript::make_delegate_key_cert(
        read_signing_key(arguments.file), {.delegate = read_point("--delegate", arguments.delegate),
                                           .begin = arguments.begin,
                                           .end = arguments.end,
                                           .can_further_delegate = !arguments.last});
    return show_script({"", certificate.pack()}, arguments.output, arguments.json);
}

}  // namespace

void add_key_commands(CLI::App& app, Chosen& chosen) {
    auto arguments = std::make_shared<KeyArguments>();
    CLI::App& key = *app.add_subcommand("key", "Show the public key of a private key.");
    key.add_option("FILE", arguments->file, "the private key")->required()->type_name("");
    key.add_flag("--new", arguments->make_new, "make a new one, and the file for it");
    key.add_option("-o,--output", arguments->output, "where the public key goes")
        ->type_name("FILE");
    key.callback([=, &chosen] { chosen = [=] { return show_key(*arguments); }; });

    CLI::App& cert = *app.add_subcommand("cert", "Make a certificate for another key.");
    cert.add_option("--key", arguments->file, "the private key that delegates")
        ->required()
        ->type_name("FILE");
    cert.add_option("--delegate", arguments->delegate, "the other's public key")
        ->required()
        ->type_name("POINT");
    cert.add_option("--begin", arguments->begin, "from when on, in seconds since 1970")
        ->required()
        ->type_name("SECONDS")
        ->check(seconds_range());
    cert.add_option("--end", arguments->end, "until when")
        ->required()
        ->type_name("SECONDS")
        ->check(seconds_range());
    cert.add_flag("--last", arguments->last, "the other must not delegate further");
    cert.add_option("-o,--output", arguments->output, "where it goes")->type_name("FILE");
    cert.add_flag("--json", arguments->json, "print an object");
    cert.callback([=, &chosen] { chosen = [=] { return make_certificate(*arguments); }; });
}

}  // namespace netaio::app

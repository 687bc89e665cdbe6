#include "keygen.hpp"

#include <boost/algorithm/hex.hpp>
#include <iterator>
#include <memory>
#include <netaio/x25519_cipher.hpp>
#include <nlohmann/json.hpp>

#include "exit_code.hpp"
#include "output.hpp"
#include "seed_file.hpp"

namespace netaio::app {
namespace {

struct KeygenOptions {
    std::string file;
    std::string shown;
    bool force = false;
    bool json = false;
};

std::string hex(ByteView bytes) {
    std::string digits;
    boost::algorithm::hex_lower(bytes.begin(), bytes.end(), std::back_inserter(digits));
    return digits;
}

// By the names that the keys have in the data of peers.
void show_public_keys(const std::string& file, bool json) {
    const X25519Cipher cipher({.seed = read_seed(file)});
    const std::string public_key = hex(cipher.public_key());
    const std::string verify_key = hex(cipher.verify_key());
    write_line(json ? nlohmann::ordered_json{{"pubkey", public_key}, {"vkey", verify_key}}.dump()
                    : "pubkey " + public_key + "\nvkey " + verify_key);
}

int keygen(const KeygenOptions& options) {
    if (options.file.empty() == options.shown.empty()) {
        throw Failure(ExitCode::usage, "name the file to make, or one to --show");
    }
    if (!options.file.empty()) write_seed(options.file, options.force);
    show_public_keys(options.file.empty() ? options.shown : options.file, options.json);
    return static_cast<int>(ExitCode::done);
}

}  // namespace

void add_keygen_command(CLI::App& app, std::function<int()>& chosen) {
    CLI::App* command =
        app.add_subcommand("keygen", "Make a key for --x25519-key or --session-seed");
    const auto options = std::make_shared<KeygenOptions>();
    auto* file = command->add_option("FILE", options->file, "the file to make")->type_name("");
    command->add_flag("--force", options->force, "replace a key that is there")->needs(file);
    command
        ->add_option("--show", options->shown, "only print the public keys of the key in that file")
        ->type_name("FILE")
        ->excludes(file);
    command->add_flag("--json", options->json, "print the public keys as a JSON object");
    command->footer(
        "It prints the public keys. What others are to know is pubkey: --peer-key, peer_keys of "
        "netaiod\nand parse_session_key() take it. vkey checks signatures.\n\n" +
        command->get_footer());
    command->callback([&chosen, options] { chosen = [options] { return keygen(*options); }; });
}

}  // namespace netaio::app

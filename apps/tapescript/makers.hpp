#pragma once

#include <cstdint>
#include <netaio/tapescript/tools.hpp>
#include <optional>
#include <string>
#include <vector>

#include "run_arguments.hpp"

namespace netaio::app {

/// What locks and witnesses are made of, as given on the command line; each maker takes what it
/// needs and says so when that is missing.
struct MakerArguments {
    std::string name;
    std::vector<std::string> public_keys;
    std::string refund;
    std::string tweak_point;
    std::vector<std::string> scripts;
    std::optional<std::string> preimage;
    std::string digest;
    std::uint8_t hash_size = 0;  // the maker's own default
    std::int64_t timeout = 24 * 60 * 60;
    std::optional<std::int64_t> begin;
    std::optional<std::int64_t> end;
    std::optional<std::size_t> quorum;
    std::string sigflags = "00";
    std::string key_file;
    std::string tweak_file;
    std::vector<std::string> certificates;
    std::size_t index = 0;
    RunArguments fields;
    std::string output;
    bool json = false;
};

/// Options given more than once in the makers' commands. Throw Failure when one that is needed is
/// missing, or cannot be read.
class MakerValues {
public:
    explicit MakerValues(const MakerArguments& arguments) : arguments_(arguments) {}

    const MakerArguments& arguments() const noexcept { return arguments_; }
    std::uint8_t sigflags() const;
    tapescript::PublicKey public_key() const;
    std::vector<tapescript::PublicKey> public_keys() const;
    tapescript::PublicKey refund() const;
    tapescript::Point tweak_point() const;
    tapescript::Script script() const;
    std::vector<tapescript::Script> scripts() const;
    std::string preimage() const;
    std::int64_t begin() const;
    std::int64_t end() const;
    tapescript::SigningKey key() const;
    tapescript::Scalar tweak() const;
    std::vector<tapescript::Certificate> certificates() const;
    tapescript::SigFields fields() const;
    tapescript::SignOptions sign_options() const;

private:
    const MakerArguments& arguments_;
};

/// One kind of lock or witness.
struct Maker {
    const char* name;
    const char* needs;  // for the help
    tapescript::Script (*make)(const MakerValues& values);
};

/// The table of makers for --help.
std::string table_of(const std::vector<Maker>& makers);
/// Makes the one that is named, and shows it. Throws Failure when there is none.
int make(const std::vector<Maker>& makers, const MakerArguments& arguments);

}  // namespace netaio::app

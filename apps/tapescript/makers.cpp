#include "makers.hpp"

#include <algorithm>

#include "exit_code.hpp"
#include "scripts.hpp"
#include "text.hpp"

namespace netaio::app {
namespace {

void need(bool there, const char* option) {
    if (!there) throw Failure(ExitCode::usage, std::string(option) + " is needed");
}

}  // namespace

std::uint8_t MakerValues::sigflags() const {
    return read_flags("--sigflags", arguments_.sigflags);
}

tapescript::PublicKey MakerValues::public_key() const {
    need(!arguments_.public_keys.empty(), "--public");
    return read_point("--public", arguments_.public_keys.front());
}

std::vector<tapescript::PublicKey> MakerValues::public_keys() const {
    std::vector<tapescript::PublicKey> keys;
    for (const std::string& key : arguments_.public_keys) {
        keys.push_back(read_point("--public", key));
    }
    return keys;
}

tapescript::PublicKey MakerValues::refund() const {
    need(!arguments_.refund.empty(), "--refund");
    return read_point("--refund", arguments_.refund);
}

tapescript::Point MakerValues::tweak_point() const {
    need(!arguments_.tweak_point.empty(), "--tweak-point");
    return read_point("--tweak-point", arguments_.tweak_point);
}

tapescript::Script MakerValues::script() const {
    need(!arguments_.scripts.empty(), "--script");
    return read_script(arguments_.scripts.front());
}

std::vector<tapescript::Script> MakerValues::scripts() const {
    need(!arguments_.scripts.empty(), "--script");
    std::vector<tapescript::Script> scripts;
    for (const std::string& name : arguments_.scripts) scripts.push_back(read_script(name));
    return scripts;
}

std::string MakerValues::preimage() const {
    need(arguments_.preimage.has_value(), "--preimage");
    return read_value(*arguments_.preimage);
}

std::int64_t MakerValues::begin() const {
    need(arguments_.begin.has_value(), "--begin");
    return *arguments_.begin;
}

std::int64_t MakerValues::end() const {
    need(arguments_.end.has_value(), "--end");
    return *arguments_.end;
}

tapescript::SigningKey MakerValues::key() const {
    need(!arguments_.key_file.empty(), "--key");
    return read_signing_key(arguments_.key_file);
}

tapescript::Scalar MakerValues::tweak() const {
    need(!arguments_.tweak_file.empty(), "--tweak");
    return read_scalar(arguments_.tweak_file);
}

std::vector<tapescript::Certificate> MakerValues::certificates() const {
    need(!arguments_.certificates.empty(), "--cert");
    std::vector<tapescript::Certificate> certificates;
    for (const std::string& name : arguments_.certificates) {
        auto certificate = tapescript::Certificate::unpack(read_script(name).code);
        if (!certificate) {
            throw Failure(ExitCode::usage, printable(name) + ": " + certificate.error().text);
        }
        certificates.push_back(*std::move(certificate));
    }
    return certificates;
}

tapescript::SigFields MakerValues::fields() const {
    return sig_fields(arguments_.fields);
}

tapescript::SignOptions MakerValues::sign_options() const {
    tapescript::SignOptions options;
    options.sigflags = sigflags();
    return options;
}

std::string table_of(const std::vector<Maker>& makers) {
    constexpr std::size_t column = 22;
    std::string table;
    for (const Maker& maker : makers) {
        std::string line = "  " + std::string(maker.name);
        line.resize(std::max(column, line.size() + 1), ' ');
        table += line + maker.needs + "\n";
    }
    return table;
}

int make(const std::vector<Maker>& makers, const MakerArguments& arguments) {
    const auto maker = std::find_if(makers.begin(), makers.end(),
                                    [&](const Maker& one) { return one.name == arguments.name; });
    if (maker == makers.end()) {
        throw Failure(ExitCode::usage,
                      "there is no '" + printable(arguments.name) + "'; see --help");
    }
    return show_script(maker->make(MakerValues(arguments)), arguments.output, arguments.json);
}

}  // namespace netaio::app

#pragma once

#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace netaio::bench {

/// The arguments of a benchmark program: what to do, then `name=value` for each number or name.
class Arguments {
public:
    Arguments(int argc, char** argv) {
        const std::span all(argv, static_cast<std::size_t>(argc));
        if (all.size() < 2) {
            throw std::invalid_argument("say what to do, then name=value for what it needs");
        }
        what_ = all[1];
        for (const std::string_view argument : all.subspan(2)) {
            const auto equals = argument.find('=');
            if (equals == std::string_view::npos) {
                throw std::invalid_argument("'" + std::string(argument) + "' is no name=value");
            }
            values_.emplace(argument.substr(0, equals), argument.substr(equals + 1));
        }
    }

    const std::string& what() const noexcept { return what_; }
    std::string text(const std::string& name, std::string otherwise) const {
        const auto found = values_.find(name);
        return found == values_.end() ? otherwise : found->second;
    }
    std::size_t number(const std::string& name, std::size_t otherwise) const {
        const auto found = values_.find(name);
        return found == values_.end() ? otherwise : std::stoul(found->second);
    }
    double seconds(const std::string& name, double otherwise) const {
        const auto found = values_.find(name);
        return found == values_.end() ? otherwise : std::stod(found->second);
    }
    std::uint16_t port() const { return static_cast<std::uint16_t>(number("port", 0)); }

private:
    std::string what_;
    std::map<std::string, std::string> values_;
};

/// The main() of a benchmark program: runs it with its arguments, and says what failed.
inline int run_program(int argc, char** argv, void (*run)(const Arguments&)) {
    try {
        run(Arguments(argc, argv));
        return 0;
    } catch (const std::exception& failure) {
        const std::string name = std::filesystem::path(argv[0]).filename();
        std::fprintf(stderr, "%s: %s\n", name.c_str(), failure.what());
        return 1;
    }
}

}  // namespace netaio::bench

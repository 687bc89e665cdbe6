// Makes locks and witnesses and opens locks, for tapescript_makers.py to do the same with the
// reference. Reads one JSON object a line, a `maker` or `auth` case as in tests/vectors/README.md,
// and answers each with its `result` or `valid`, or with why there is none as `refused`.
#include <iostream>
#include <netaio/tapescript/machine.hpp>

#include "tapescript_auth_makers.hpp"
#include "tapescript_values.hpp"

namespace {

using namespace netaio;
using vectors::Json;

bool opens(const Json& one) {
    std::vector<std::string> codes;
    for (const Json& script : one.at("scripts")) {
        codes.push_back(vectors::bytes_field(script));
    }
    return tapescript::run_auth_scripts(std::vector<std::string_view>(codes.begin(), codes.end()),
                                        vectors::run_options(one));
}

Json answer(const Json& one) {
    try {
        if (one.contains("scripts")) return {{"valid", opens(one)}};
        const auto maker = one.at("maker").get<std::string>();
        return {{"result", vectors::makers().at(maker)(vectors::Arguments(one))}};
    } catch (const std::exception& error) {
        return {{"refused", error.what()}};
    }
}

}  // namespace

int main() {
    for (std::string line; std::getline(std::cin, line);) {
        std::cout << answer(Json::parse(line)) << std::endl;
    }
}

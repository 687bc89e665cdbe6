#include <gtest/gtest.h>

#include "tapescript_auth_makers.hpp"

namespace netaio::tapescript_auth_amhl_cases {
namespace {

using tapescript::Point;
using tapescript::Scalar;
using vectors::Arguments;
using vectors::Json;
namespace amhl = tapescript::amhl;

Json zero() {
    return {{"t", "int"}, {"v", "0"}};
}

Json tagged(const amhl::Share& share) {
    const Json scalar = vectors::tagged_bytes(share.scalar.reveal());
    if (!share.left) return vectors::tagged_list("tuple", {scalar});
    const Json left = vectors::tagged_bytes(share.left->bytes());
    if (share.right) {
        return vectors::tagged_list("tuple",
                                    {left, vectors::tagged_bytes(share.right->bytes()), scalar});
    }
    return vectors::tagged_list("tuple",
                                {vectors::tagged_list("tuple", {left, zero(), zero()}), scalar});
}

amhl::Share share_of(const Json& tagged) {
    const Json& parts = tagged.at("v");
    amhl::Share share{{}, {}, Scalar(vectors::raw(parts.back()))};
    if (parts.size() == 1) return share;
    const bool last = parts.size() == 2;
    share.left = Point(vectors::raw(last ? parts.at(0).at("v").at(0) : parts.at(0)));
    if (!last) share.right = Point(vectors::raw(parts.at(1)));
    return share;
}

amhl::Setup setup_of(const Json& tagged) {
    amhl::Setup setup;
    for (const Json& scalar : tagged.at("v").at(0).at("v")) {
        setup.scalars.emplace_back(vectors::raw(scalar));
    }
    for (const Json& point : tagged.at("v").at(1).at("v")) {
        setup.points.emplace_back(vectors::raw(point));
    }
    return setup;
}

Json tagged(const amhl::Setup& setup) {
    std::vector<Json> scalars;
    for (const Scalar& scalar : setup.scalars) {
        scalars.push_back(vectors::tagged_bytes(scalar.reveal()));
    }
    std::vector<Json> points;
    for (const Point& point : setup.points) {
        points.push_back(vectors::tagged_bytes(point.bytes()));
    }
    return vectors::tagged_list("tuple", {vectors::tagged_list("tuple", std::move(scalars)),
                                          vectors::tagged_list("tuple", std::move(points))});
}

Json boolean(bool value) {
    return {{"t", "bool"}, {"v", value}};
}

Json call(const std::string& name, const Json& one) {
    const Arguments a(one);
    const auto number = [&](std::size_t index) {
        return static_cast<std::size_t>(a.integer(index, "number", 0));
    };
    if (name == "setup") return tagged(amhl::setup(number(0), a.bytes(1, "seed")));
    if (name == "setup_for") return tagged(amhl::share_of(setup_of(a.at(0, "s")), number(1)));
    if (name == "check_setup") {
        return boolean(amhl::check_share(share_of(a.at(0, "s")), number(1), number(2)));
    }
    if (name == "sample") {
        return vectors::tagged_bytes(amhl::sample(a.bytes(0, "seed"), number(1)).reveal());
    }
    if (name == "scalar_sum") {
        std::vector<Scalar> scalars;
        for (std::size_t i = 0; i < one.at("args").size(); ++i) {
            scalars.emplace_back(a.bytes(i, "scalar"));
        }
        return vectors::tagged_bytes(amhl::sum(scalars).reveal());
    }
    if (name == "verify_lock_key") {
        return boolean(amhl::opens(Point(a.bytes(0, "l")), Scalar(a.bytes(1, "k"))));
    }
    if (name == "release") {
        const auto key = amhl::release(Scalar(a.bytes(0, "k")), Scalar(a.bytes(1, "y")));
        return vectors::tagged_bytes(key.reveal());
    }
    throw std::invalid_argument("no function " + name);
}

TEST(TapescriptAmhlVectors, ComputesWhatTheReferenceDoes) {
    vectors::for_each_case("tapescript_auth", "amhl", [](const Json& one) {
        EXPECT_EQ(call(one.at("maker").get<std::string>(), one), one.at("expect").at("result"));
    });
}

}  // namespace
}  // namespace netaio::tapescript_auth_amhl_cases

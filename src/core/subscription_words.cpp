#include "subscription_words.hpp"

#include <charconv>

namespace netaio::core {

std::string SubscriptionWords::str() const {
    std::string words = prefix ? "prefix" : "";
    if (present) {
        words += words.empty() ? "present" : " present";
    }
    return words;
}

SubscriptionWords SubscriptionWords::parse(ByteView content) {
    SubscriptionWords words;
    std::string_view rest = content;
    while (!rest.empty()) {
        const std::string_view word = rest.substr(0, rest.find(' '));
        words.prefix = words.prefix || word == "prefix";
        words.present = words.present || word == "present";
        rest.remove_prefix(std::min(rest.size(), word.size() + 1));
    }
    return words;
}

std::string SubscriptionGrant::str() const {
    if (!words.any()) {
        return {};
    }
    if (words.prefix) {
        return words.str() + (words.present ? " " + std::to_string(count) : "") + "\n";
    }
    return value ? "present\n" + *value : "absent\n";
}

SubscriptionGrant SubscriptionGrant::parse(ByteView content) {
    const std::string_view all = content;
    const std::size_t end = all.find('\n');
    if (end == std::string_view::npos) {
        return {};
    }
    const std::string_view line = all.substr(0, end);
    const std::string_view rest = all.substr(end + 1);
    constexpr std::string_view counted = "prefix present ";
    if (line == "present") {
        return {{.present = true}, 0, std::string(rest)};
    }
    if (line == "absent" && rest.empty()) {
        return {{.present = true}};
    }
    if (line == "prefix" && rest.empty()) {
        return {{.prefix = true}};
    }
    if (line.starts_with(counted) && rest.empty()) {
        SubscriptionGrant grant{{.prefix = true, .present = true}};
        const auto number = line.substr(counted.size());
        const char* const last = number.data() + number.size();
        const auto read = std::from_chars(number.data(), last, grant.count);
        return read.ec == std::errc() && read.ptr == last ? grant : SubscriptionGrant();
    }
    return {};
}

}  // namespace netaio::core

#include "commands.hpp"

#include <algorithm>
#include <charconv>
#include <netaio/chat/shown_text.hpp>

#include "misuse.hpp"

namespace netaio::chat_app {
namespace {

using namespace command;

// What follows a command.
enum class Takes {
    nothing,
    rest,
    person,
    person_or_none,
    person_yes,
    person_rest,
    place,
    number_or_none,
    on_off
};

struct Form {
    std::string_view name;
    std::string_view operand;
    std::string_view purpose;
    Takes takes;
    Command (*make)(const std::string& operand);
};

std::optional<std::uint64_t> number_in(const std::string& digits) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return error == std::errc() && end == digits.data() + digits.size() ? std::optional(number)
                                                                        : std::nullopt;
}

template <class Made>
Command with_number(const std::string& operand) {
    return Made{number_in(operand)};
}

// What words end with: lines that are pasted may break anywhere.
constexpr std::string_view blanks = " \n";

Command to_send(const std::string& operand) {
    const std::size_t end = operand.find_first_of(blanks);
    return SendFile{operand.substr(0, end), operand.substr(operand.find_first_not_of(blanks, end))};
}

template <class Made>
Command made_of(const std::string& operand) {
    if constexpr (std::is_empty_v<Made>) {
        return Made{};
    } else {
        return Made{operand};
    }
}

constexpr Form forms[] = {
    {"/to", "NAME|NUMBER|#ROOM", "choose where text goes", Takes::place, made_of<Choose>},
    {"/who", "", "show the people", Takes::nothing, made_of<ShowPeople>},
    {"/rooms", "", "show the rooms", Takes::nothing, made_of<ShowRooms>},
    {"/room", "NAME", "make a room", Takes::rest, made_of<MakeRoom>},
    {"/invite", "NAME", "add somebody to this room", Takes::person, made_of<Invite>},
    {"/remove", "NAME", "remove somebody from it", Takes::person, made_of<Remove>},
    {"/leave", "", "leave this room", Takes::nothing, made_of<Leave>},
    {"/standin", "[NAME]", "name who may act for you here", Takes::person_or_none,
     made_of<NameStandIn>},
    {"/verify", "NAME [yes]", "compare the safety number", Takes::person_yes, made_of<Verify>},
    {"/me", "", "show the line by which others add you", Takes::nothing, made_of<ShowSelf>},
    {"/add", "KEY NAME", "know somebody by the line that /me shows them", Takes::rest,
     made_of<Add>},
    {"/accept", "NAME", "take a changed key for theirs", Takes::person, made_of<Accept>},
    {"/receipts", "[on|off]", "tell people what of theirs was shown to you", Takes::on_off,
     made_of<Receipts>},
    {"/file", "NAME FILE", "send a file to one person", Takes::person_rest, to_send},
    {"/files", "", "show the files on their way", Takes::nothing, made_of<ShowFiles>},
    {"/take", "[NUMBER]", "take a file that waits for you", Takes::number_or_none,
     with_number<TakeFile>},
    {"/cancel", "[NUMBER]", "end a file, or refuse it", Takes::number_or_none,
     with_number<CancelFile>},
    {"/export", "FILE", "write what was said here", Takes::rest, made_of<Export>},
    {"/help", "", "show this", Takes::nothing, made_of<Help>},
    {"/quit", "", "end", Takes::nothing, made_of<Quit>},
};

constexpr std::string_view tell_use = "@NAME TEXT";

std::string use_of(const Form& form) {
    std::string use(form.name);
    if (!form.operand.empty()) use.append(" ").append(form.operand);
    return use;
}

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) + 1 - first);
}

// The first word, and the rest without the blanks between them.
std::pair<std::string_view, std::string_view> split(std::string_view text) {
    const std::size_t end = std::min(text.find_first_of(blanks), text.size());
    return {text.substr(0, end), trimmed(text.substr(end))};
}

bool is_several_words(std::string_view text) {
    return text.find_first_of(blanks) != text.npos;
}

Command with_operand(const Form& form, std::string_view operand) {
    const auto misused = [&] { return Misuse("type " + use_of(form)); };
    const auto [first, second] = split(operand);
    switch (form.takes) {
        case Takes::nothing:
            if (!operand.empty()) throw Misuse("type " + use_of(form) + " alone");
            break;
        case Takes::rest:
            if (operand.empty()) throw misused();
            break;
        case Takes::person:
        case Takes::place:
            if (operand.empty() || is_several_words(operand)) throw misused();
            break;
        case Takes::person_or_none:
            if (is_several_words(operand)) throw misused();
            if (operand.empty()) return NameStandIn{};
            break;
        case Takes::on_off:
            if (!operand.empty() && operand != "on" && operand != "off") throw misused();
            break;
        case Takes::person_rest:
            if (first.empty() || second.empty()) throw misused();
            break;
        case Takes::number_or_none:
            if (!operand.empty() && !number_in(std::string(operand))) throw misused();
            break;
        case Takes::person_yes:
            if (first.empty() || (!second.empty() && second != "yes")) throw misused();
            return Verify{std::string(first), !second.empty()};
    }
    return form.make(std::string(operand));
}

Command tell(std::string_view line) {
    const auto [name, text] = split(line.substr(1));
    if (name.empty() || text.empty()) throw Misuse("type " + std::string(tell_use));
    return Tell{std::string(name), std::string(text)};
}

std::vector<std::string> beginning_with(std::string_view word,
                                        const std::vector<std::string>& all) {
    std::vector<std::string> found;
    std::ranges::copy_if(all, std::back_inserter(found),
                         [&](const std::string& one) { return one.starts_with(word); });
    return found;
}

// What all of them begin with; nothing that is drawn as one is divided.
std::string common_beginning(const std::vector<std::string>& all) {
    std::string common;
    for (ByteView rest = all.front(); !rest.empty();) {
        const std::string longer = common + std::string(chat::take_cluster(rest).bytes);
        for (const std::string& one : all) {
            if (!one.starts_with(longer)) return common;
        }
        common = longer;
    }
    return common;
}

std::vector<std::string> operands_of(std::string_view command,
                                     const std::vector<std::string>& people,
                                     const std::vector<std::string>& rooms) {
    const auto* form = std::ranges::find(forms, command, &Form::name);
    if (form == std::end(forms)) return {};
    switch (form->takes) {
        case Takes::nothing:
        case Takes::number_or_none:
        case Takes::rest: return {};
        case Takes::person:
        case Takes::person_or_none:
        case Takes::person_rest:
        case Takes::person_yes: return people;
        case Takes::on_off: return {"on", "off"};
        case Takes::place: break;
    }
    std::vector<std::string> both = people;
    both.insert(both.end(), rooms.begin(), rooms.end());
    return both;
}

std::vector<std::string> choices_for(std::string_view before, std::string_view word,
                                     const std::vector<std::string>& people,
                                     const std::vector<std::string>& rooms) {
    std::vector<std::string> all;
    if (word.starts_with('@')) {
        for (const std::string& name : people) all.push_back("@" + name);
    } else if (before.empty() && word.starts_with('/')) {
        for (const Form& form : forms) all.emplace_back(form.name);
    } else if (before.starts_with('/')) {
        const auto [command, between] = split(before);
        if (between.empty()) all = operands_of(command, people, rooms);
    }
    return beginning_with(word, all);
}

}  // namespace

Command parse_command(std::string_view line) {
    if (trimmed(line).empty()) return Nothing{};
    if (line.starts_with("//") || line.starts_with("@@")) return Say{std::string(line.substr(1))};
    if (line.starts_with('@')) return tell(line);
    if (!line.starts_with('/')) return Say{std::string(line)};
    const auto [name, operand] = split(line);
    const auto* form = std::ranges::find(forms, name, &Form::name);
    if (form == std::end(forms)) {
        throw Misuse("there is no " + chat::cut(chat::shown(name), 40) +
                     ": /help shows what there is, and // says text that begins with /");
    }
    return with_operand(*form, operand);
}

std::vector<std::string> command_help() {
    std::vector<std::pair<std::string, std::string_view>> all{
        {"TEXT", "say it where /to leads"}, {std::string(tell_use), "say it to one person"}};
    for (const Form& form : forms) all.emplace_back(use_of(form), form.purpose);
    std::size_t width = 0;
    for (const auto& [use, purpose] : all) width = std::max(width, use.size());
    std::vector<std::string> lines;
    lines.reserve(all.size());
    for (const auto& [use, purpose] : all) {
        lines.push_back(use + std::string(width - use.size() + 2, ' ') + std::string(purpose));
    }
    return lines;
}

Completion complete(std::string_view line, std::size_t cursor,
                    const std::vector<std::string>& people, const std::vector<std::string>& rooms) {
    const std::string_view typed = line.substr(0, cursor);
    const std::size_t blank = typed.find_last_of(blanks);
    const std::size_t start = blank == typed.npos ? 0 : blank + 1;
    const std::string_view word = typed.substr(start);
    std::vector<std::string> choices = choices_for(typed.substr(0, start), word, people, rooms);
    if (choices.empty()) return {std::string(line), typed.size()};
    std::string whole = common_beginning(choices);
    std::string_view rest = line.substr(typed.size());
    if (choices.size() == 1) {
        whole += ' ';
        if (rest.starts_with(' ')) rest.remove_prefix(1);
        choices.clear();
    }
    // Where their beginnings part within a letter, what was typed stays.
    if (whole.size() < word.size()) whole = word;
    std::string completed = std::string(typed.substr(0, start)) + whole;
    const std::size_t end = completed.size();
    return {completed.append(rest), end, std::move(choices)};
}

}  // namespace netaio::chat_app

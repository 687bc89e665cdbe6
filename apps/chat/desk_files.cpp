#include <algorithm>
#include <netaio/chat/files.hpp>
#include <vector>

#include "desk.hpp"
#include "file_progress.hpp"
#include "misuse.hpp"

/// What is typed of files.
namespace netaio::chat_app {
namespace {

// The file that is meant: of that number, or the only one that can be.
std::uint64_t file_meant(const std::optional<std::uint64_t>& number,
                         const std::vector<chat::FileView>& files,
                         bool (*can_be)(const chat::FileView&)) {
    if (number) return *number;
    const auto found = std::ranges::find_if(files, can_be);
    if (found == files.end()) throw Misuse("there is no such file");
    if (std::any_of(found + 1, files.end(), can_be)) {
        throw Misuse("say which by its number; /files shows them");
    }
    return found->number;
}

constexpr const char* no_such_file = "there is no such file; /files shows them";
constexpr const char* too_much_waits = "too much waits for them already; /files shows what does";

}  // namespace

void Desk::send_file(const command::SendFile& asked) {
    const chat::PublicKey to = names_.person(asked.name);
    const auto id = chat_.offer_file(to, asked.file);
    expect_done(id ? std::error_code() : id.error(), "not sent",
                {{Errc::auth_failed, why_refused(to).value_or("")},
                 {Errc::unsupported, asked.file + " is no file"},
                 {Errc::too_large, asked.file + " is larger than a file may be, which is " +
                                       std::to_string(chat::file_size_max >> 30) + " GiB"},
                 {Errc::queue_full, too_much_waits}});
}

void Desk::show_files() const {
    const auto files = chat_.files();
    for (const chat::FileView& file : files) {
        tell(std::to_string(file.number) + "  " + file_text(names_, file));
    }
    if (files.empty()) tell("none on their way; /file NAME FILE sends one");
}

void Desk::take_file(const command::TakeFile& asked) {
    const auto waits = [](const chat::FileView& file) {
        return !file.own && file.state == chat::FileState::offered;
    };
    expect_done(chat_.take_file(file_meant(asked.number, chat_.files(), waits)), "not taken",
                {{Errc::not_connected, no_such_file}, {Errc::queue_full, too_much_waits}});
}

void Desk::cancel_file(const command::CancelFile& asked) {
    const auto any = [](const chat::FileView&) { return true; };
    expect_done(chat_.cancel_file(file_meant(asked.number, chat_.files(), any)), "not ended",
                {{Errc::not_connected, no_such_file}, {Errc::queue_full, too_much_waits}});
}

}  // namespace netaio::chat_app

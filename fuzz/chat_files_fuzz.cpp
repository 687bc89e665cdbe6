// Whatever somebody sends about files, what is read of it is written as the same, and a receiver
// keeps no more files than it has room for, writes none elsewhere, and none beyond what was
// offered.

#include <fuzzer/FuzzedDataProvider.h>

#include <filesystem>
#include <netaio/chat/files.hpp>

#include "file_contents.hpp"
#include "support.hpp"
#include "support/fixed_environment.hpp"
#include "support/temporary_folder.hpp"

namespace netaio::chat {
namespace {

using fuzz::require;

constexpr std::uint64_t largest = 3 * file_piece_size;
const std::string_view kinds[] = {file_kind::offer, file_kind::take, file_kind::piece,
                                  file_kind::done, file_kind::end};

void read_contents(ByteView bytes) {
    if (const auto offer = FileOffer::unpack(bytes)) {
        require(FileOffer::unpack(offer->pack().bytes)->name == offer->name);
    }
    if (const auto piece = FilePiece::unpack(bytes)) {
        require(FilePiece::unpack(piece->pack().bytes)->bytes == piece->bytes);
    }
    if (const auto answer = FileAnswer::unpack(bytes)) {
        require(FileAnswer::unpack(answer->pack(file_kind::take).bytes)->id == answer->id);
    }
    if (const auto ended = FileEnded::unpack(bytes)) {
        require(FileEnded::unpack(ended->pack().bytes)->why == ended->why);
    }
}

Content next_content(FuzzedDataProvider& input) {
    const FileId id{input.ConsumeIntegralInRange<unsigned char>(0, 2)};
    switch (input.ConsumeIntegralInRange(0, 4)) {
        case 0:
            return FileOffer{id,
                             input.ConsumeRandomLengthString(40),
                             input.ConsumeIntegralInRange<std::uint64_t>(0, largest),
                             {}}
                .pack();
        case 1: {
            const auto number = input.ConsumeIntegralInRange<std::uint64_t>(0, 4);
            const auto size = input.ConsumeIntegralInRange<std::size_t>(0, file_piece_size);
            return FilePiece{id, number, std::string(size, 'x')}.pack();
        }
        case 2: return FileAnswer{id}.pack(input.PickValueInArray(kinds));
        case 3:
            return FileEnded{id, static_cast<FileEnd>(input.ConsumeIntegral<std::uint8_t>())}
                .pack();
        default:
            return {std::string(input.PickValueInArray(kinds)),
                    input.ConsumeRandomLengthString(200)};
    }
}

void receive(FuzzedDataProvider& input) {
    const test::TemporaryFolder folder;
    const std::string in = folder.file("files");
    const Environment environment = test::fixed_environment();
    const Identity identity = Identity::make(*environment.random);
    const PublicKey other = Identity::make(*environment.random).public_key();
    Vault vault(":memory:", identity.history_key(), environment);
    const auto send = [](const PublicKey&, const Content&) -> Result<MessageId> {
        return MessageId{};
    };
    Files files(vault, environment, {in, largest}, {}, send, [](const PublicKey&) { return true; });
    for (int step = 0; step < 50 && input.remaining_bytes() > 0; ++step) {
        (void)files.came(other, next_content(input));
        while (files.work()) {
        }
        require(files.views().size() <= files_with_one_max);
    }
    for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
        require(entry.path() == in);
    }
    if (!std::filesystem::exists(in)) return;
    for (const auto& entry : std::filesystem::directory_iterator(in)) {
        require(entry.is_regular_file() && entry.file_size() <= largest);
    }
}

}  // namespace
}  // namespace netaio::chat

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    netaio::chat::read_contents({reinterpret_cast<const char*>(data), size});
    FuzzedDataProvider input(data, size);
    netaio::chat::receive(input);
    return 0;
}

#include "messenger_receipts.hpp"

#include "messenger_correspondent.hpp"
#include "secret_bytes.hpp"

namespace netaio::chat {
namespace {

constexpr std::string_view owed_receipt_kind = "messenger.receipt.owed";
constexpr std::string_view sealed_receipt_kind = "messenger.receipt.sealed";

struct SealedReceipt {
    Parcel parcel;
    Receipt says;

    std::string save() const {
        SecretWriter writer;
        const std::string packed = says.pack();
        writer.add_number(parcel.number);
        writer.add_number(static_cast<std::uint32_t>(packed.size())).add(packed);
        writer.add(parcel.envelope);
        return writer.bytes().str();
    }
};

Receipt kept_receipt(ByteView saved) {
    auto receipt = Receipt::unpack(saved);
    if (!receipt) refuse_kept("a receipt");
    return std::move(*receipt);
}

PublicKey kept_person(ByteView name) {
    const auto key = PublicKey::parse(name);
    if (!key) refuse_kept("a person");
    return *key;
}

SealedReceipt kept_sealed(ByteView name, ByteView saved) {
    SecretReader reader(saved);
    const auto number = reader.take_number<std::uint64_t>();
    const ByteView packed = reader.take(reader.take_number<std::uint32_t>());
    if (reader.failed()) refuse_kept("a receipt");
    const ByteView envelope = saved.substr(sizeof number + sizeof(std::uint32_t) + packed.size());
    return {{number, kept_person(name), envelope.str()}, kept_receipt(packed)};
}

}  // namespace

void ReceiptBook::owe(const PublicKey& to, const Receipt& receipt) {
    const auto saved = vault_.get(owed_receipt_kind, to.bytes());
    Receipt all = saved ? kept_receipt(*saved) : Receipt();
    all.add(receipt);
    vault_.put(owed_receipt_kind, to.bytes(), all.pack());
}

std::vector<PublicKey> ReceiptBook::owed() const {
    std::vector<PublicKey> people;
    vault_.each(owed_receipt_kind,
                [&](ByteView name, ByteView) { people.push_back(kept_person(name)); });
    return people;
}

void ReceiptBook::seal(const PublicKey& to, const std::function<Parcel(const Receipt&)>& seal) {
    Receipt all;
    if (const auto sealed = vault_.get(sealed_receipt_kind, to.bytes())) {
        all = kept_sealed(to.bytes(), *sealed).says;
    }
    if (const auto owed = vault_.get(owed_receipt_kind, to.bytes())) {
        all.add(kept_receipt(*owed));
    }
    vault_.put(sealed_receipt_kind, to.bytes(), SealedReceipt{seal(all), all}.save());
    vault_.erase(owed_receipt_kind, to.bytes());
}

void ReceiptBook::owe_again(const PublicKey& to) {
    if (const auto sealed = vault_.get(sealed_receipt_kind, to.bytes())) {
        owe(to, kept_sealed(to.bytes(), *sealed).says);
        vault_.erase(sealed_receipt_kind, to.bytes());
    }
}

void ReceiptBook::drop(const PublicKey& to, const EnvelopeHash& hash) {
    const auto sealed = vault_.get(sealed_receipt_kind, to.bytes());
    if (sealed && envelope_hash(kept_sealed(to.bytes(), *sealed).parcel.envelope) == hash) {
        vault_.erase(sealed_receipt_kind, to.bytes());
    }
}

std::vector<Parcel> ReceiptBook::parcels() const {
    std::vector<Parcel> all;
    vault_.each(sealed_receipt_kind, [&](ByteView name, ByteView saved) {
        all.push_back(kept_sealed(name, saved).parcel);
    });
    return all;
}

void ReceiptBook::let_go(std::uint64_t parcel) {
    for (const Parcel& sealed : parcels()) {
        if (sealed.number == parcel) vault_.erase(sealed_receipt_kind, sealed.to.bytes());
    }
}

}  // namespace netaio::chat

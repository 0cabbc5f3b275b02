// SPDX-License-Identifier: Apache-2.0
// A service model of any bytes, used by a fixed scenario in the place of the model "order".
#include "tests/fuzz/target.hpp"

namespace {

constexpr const char* shop = R"json({
  "flowtank": 1, "title": "a shop with a model of somebody",
  "brokers": { "bus": { "kind": "ideal", "channels": { "orders": {}, "payments": {} } } },
  "services": { "order": { "use": "order" }, "payment": { "use": "payment" } },
  "clients": { "shoppers": { "sends": "PlaceOrder", "to": "order", "count": 2,
               "data": { "order_id": "='o-' + string(n + 1)", "amount_cents": "=100 + n" } } },
  "run": { "seed": 1, "horizon_s": 10 }
})json";

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  flowtank::fuzz::Texts texts = flowtank::fuzz::shipped_models();
  texts["shop.json"] = shop;
  texts["models/services/order.json"].assign(reinterpret_cast<const char*>(data), size);
  flowtank::fuzz::load_and_drive(texts);
  return 0;
}

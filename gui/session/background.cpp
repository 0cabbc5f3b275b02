// SPDX-License-Identifier: Apache-2.0
// See background.hpp. At most one thread is there at a time; what was started meanwhile waits for its end, the last one only.
#include "gui/session/background.hpp"

#include <utility>

namespace flowtank::gui {

Background::~Background() {
  next_ = {};
  if (thread_ == nullptr) return;
  cancelled_->store(true);
  thread_->disconnect(this);
  thread_->wait();
  cancelled_->exchange(true);  // after the work's own look at it: all that it did is seen here, however Qt waits
  delete thread_;
}

void Background::start(Work work) {
  next_ = std::move(work);
  if (thread_ != nullptr) {
    cancelled_->store(true);
    return;
  }
  begin();
  Q_EMIT busy_changed();
}

void Background::cancel() {
  next_ = {};
  if (thread_ != nullptr) cancelled_->store(true);
}

void Background::begin() {
  cancelled_ = std::make_shared<std::atomic<bool>>(false);
  // What the work wrote is seen by whoever saw the flag, whatever queue the news came through.
  struct Handed {
    std::function<void()> result;
    std::atomic<bool> ready = false;
  };
  auto handed = std::make_shared<Handed>();
  thread_ = QThread::create([work = std::exchange(next_, {}), flag = cancelled_, handed] {
    handed->result = work(*flag);
    handed->ready.store(true, std::memory_order_release);
    for (bool now = flag->load(); !flag->compare_exchange_weak(now, now);) {}
  });
  connect(thread_, &QThread::finished, this, [this, handed, flag = cancelled_] {
    const bool ready = handed->ready.load(std::memory_order_acquire);
    thread_->deleteLater();
    thread_ = nullptr;
    if (next_) return begin();
    if (ready && !flag->load() && handed->result) handed->result();
    Q_EMIT busy_changed();
  });
  thread_->start();
}

}  // namespace flowtank::gui

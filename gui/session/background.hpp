// SPDX-License-Identifier: Apache-2.0
// One piece of work beside the window: a comparison, the numbers of a chart, what is enabled somewhere. Starting another one
// gives up the first. Invariants: the thread of the window never waits for it, but when this object is destroyed; what the work
// gives back is called in that thread, and only for the work that was started last and not cancelled.
#pragma once

#include <QObject>
#include <QThread>

#include <atomic>
#include <functional>
#include <memory>

namespace flowtank::gui {

class Background final : public QObject {
  Q_OBJECT
 public:
  // `work` is called on a thread of its own and gives what is to be done with its result in the thread of this object;
  // it looks at the flag often enough that a person does not wait.
  using Work = std::function<std::function<void()>(const std::atomic<bool>& cancelled)>;

  using QObject::QObject;
  ~Background() override;

  void start(Work work);
  void cancel();
  bool busy() const { return thread_ != nullptr; }

 Q_SIGNALS:
  void busy_changed();

 private:
  void begin();

  QThread* thread_ = nullptr;
  std::shared_ptr<std::atomic<bool>> cancelled_;
  Work next_;  // when the one under way has ended
};

}  // namespace flowtank::gui

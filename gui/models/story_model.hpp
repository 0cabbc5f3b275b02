// SPDX-License-Identifier: Apache-2.0
// The steps of a story as a list: number, sentence, event, and what kind of step it is: on the causal path of the
// violation or beside it, a fault, the violation itself. The numbers are the ones that every picture draws.
#pragma once

#include <QAbstractListModel>

#include <vector>

#include <reports/story.hpp>

#include "gui/session/run_reader.hpp"

namespace flowtank::gui {

enum class StepLook : std::uint8_t { cause, beside, fault, violation };

struct StoryRow {
  std::uint32_t number = 0;
  RecordId record = no_record;
  StepLook look = StepLook::cause;
  QString sentence;
  QString event;  // "#119", empty when it is none
};

// `run` may be nullptr: then every step is taken for a cause.
std::vector<StoryRow> story_rows(const reports::Story& story, const RunReader* run);

class StoryModel final : public QAbstractListModel {
 public:
  enum Role { number_role = Qt::UserRole, look_role, event_role, record_role };
  using QAbstractListModel::QAbstractListModel;

  void show(std::vector<StoryRow> rows);
  const std::vector<StoryRow>& rows() const { return rows_; }
  // -1 when no step is there.
  int row_of(RecordId record) const;

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;

 private:
  std::vector<StoryRow> rows_;
};

}  // namespace flowtank::gui

// SPDX-License-Identifier: Apache-2.0
// See story_model.hpp. Roles give number, look, event and record; what is read aloud has all but the look.
#include "gui/models/story_model.hpp"

#include <algorithm>

namespace flowtank::gui {

void StoryModel::show(std::vector<StoryRow> rows) {
  beginResetModel();
  rows_ = std::move(rows);
  endResetModel();
}

int StoryModel::row_of(RecordId record) const {
  const auto found = std::find_if(rows_.begin(), rows_.end(), [record](const StoryRow& row) { return row.record == record; });
  return found == rows_.end() || record == no_record ? -1 : static_cast<int>(found - rows_.begin());
}

int StoryModel::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : static_cast<int>(rows_.size()); }

QVariant StoryModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || index.row() >= rowCount()) return {};
  const StoryRow& row = rows_[static_cast<std::size_t>(index.row())];
  switch (role) {
    case Qt::DisplayRole: return row.sentence;
    case Qt::AccessibleTextRole: return QStringLiteral("%1. %2 %3").arg(row.number).arg(row.sentence, row.event);
    case number_role: return row.number;
    case look_role: return static_cast<int>(row.look);
    case event_role: return row.event;
    case record_role: return row.record;
    default: return {};
  }
}

}  // namespace flowtank::gui

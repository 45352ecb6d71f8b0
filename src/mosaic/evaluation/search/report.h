#pragma once

#include <string>
#include <vector>

#include "mosaic/evaluation/search/comparison.h"
#include "mosaic/report/table.h"

namespace mosaic::evaluation {

/// What a comparison of searches shows, as tables for the page, for files and for the terminal alike. Pure; equal values give equal bytes.

[[nodiscard]] report::Table front_table(const SearchComparison& comparison);
[[nodiscard]] report::Table count_table(const SearchComparison& comparison);
[[nodiscard]] report::Table saving_table(const SearchComparison& comparison);
[[nodiscard]] report::Table contest_table(const SearchComparison& comparison);
[[nodiscard]] report::Table wish_table(const SearchComparison& comparison);

/// In this order.
[[nodiscard]] std::vector<report::Table> search_tables(const SearchComparison& comparison);

/// How intervals and tests were made, with what cannot be said from these files.
[[nodiscard]] std::vector<std::string> search_notes(const SearchComparison& comparison);

/// The page: fronts by latency and energy, then the tables.
[[nodiscard]] std::string search_page(const SearchComparison& comparison, const std::vector<std::string>& files);

}  // namespace mosaic::evaluation

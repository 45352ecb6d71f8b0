#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace mosaic {

/// What kind of failure this is; the command line turns each into an exit code.
enum class ErrorCode {
  kCheckFailed,   ///< a comparison that was asked for came out wrong (exit 1)
  kInvalidInput,  ///< a file, option or value given by the caller is wrong (exit 2)
  kUnsupported,   ///< valid input that no device or this version can serve (exit 2)
  kEngine,        ///< the inference engine refused or failed (exit 3)
  kIo,            ///< the disk or another system call failed (exit 3)
  kDevice,        ///< a device failed, vanished or is out of memory (exit 3)
  kDeadline,      ///< the run did not finish before its deadline (exit 3)
  kBusy,          ///< a queue is full; try again later (exit 3)
  kCancelled,     ///< stopped on request; state was saved (exit 130)
};

/// A failure that a caller can meet. The message names the offender and the numbers, in lower case, without a final stop.
struct Error {
  ErrorCode code = ErrorCode::kInvalidInput;
  std::string message;
};

/// A value or the reason why there is none.
template <class T>
using Result = std::expected<T, Error>;

[[nodiscard]] inline std::unexpected<Error> fail(ErrorCode code, std::string message) { return std::unexpected(Error{code, std::move(message)}); }
[[nodiscard]] inline std::unexpected<Error> invalid(std::string message) { return fail(ErrorCode::kInvalidInput, std::move(message)); }

/// The same failure with `context` and a colon put before its message.
[[nodiscard]] inline std::unexpected<Error> within(std::string_view context, Error error) {
  error.message = std::string(context) + ": " + error.message;
  return std::unexpected(std::move(error));
}

}  // namespace mosaic

#define MOSAIC_CONCAT_INNER(a, b) a##b
#define MOSAIC_CONCAT(a, b) MOSAIC_CONCAT_INNER(a, b)
#define MOSAIC_TRY_INNER(result, declaration, expression)         \
  auto&& result = (expression);                                   \
  if (!result) return std::unexpected(std::move(result).error()); \
  declaration = *std::move(result)

/// Declares or assigns the value of `expression`, or returns its error from the enclosing function.
#define MOSAIC_TRY(declaration, expression) MOSAIC_TRY_INNER(MOSAIC_CONCAT(mosaic_result_, __LINE__), declaration, expression)

/// Returns the error of `expression`, a `Result<void>`, from the enclosing function, if there is one.
#define MOSAIC_RETURN_IF_ERROR(expression) \
  if (auto mosaic_status = (expression); !mosaic_status) return std::unexpected(std::move(mosaic_status).error())

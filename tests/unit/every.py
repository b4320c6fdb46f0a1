"""One test for a whole table: thousands of items take longer to hand out than to run."""

import functools
import inspect


def every(parameter, values):
    """Call a test with each value in turn; what fails is shown together, each with its value."""

    def decorate(test):
        signature = inspect.signature(test)
        others = [p for name, p in signature.parameters.items() if name != parameter]

        @functools.wraps(test)
        def run(**given):
            failures = []
            for value in values:
                try:
                    test(**{parameter: value}, **given)
                except Exception as error:
                    error.add_note(f"with {parameter} = {getattr(value, 'name', value)}")
                    failures.append(error)
            if len(failures) == 1:
                raise failures[0]
            if failures:
                raise ExceptionGroup(f"for {len(failures)} of {len(values)}", failures)

        run.__signature__ = signature.replace(parameters=others)
        return run

    return decorate

"""Checking and converting request parameters against the SDK's types."""

import re

from . import params
from .errors import ApiError, missing_parameter, refused_parameter
from .extra_params import REMOVED, additions
from .forms import as_list
from .versions import NO_METHOD_TYPES

MAX_STRING = 5000
_UNSET = params.Choice(("",))
_INTEGER = re.compile(r"[+-]?\d+")
# python-requests encodes True as "True", which Stripe takes like "true".
_BOOLEANS = {"true": True, "True": True, "false": False, "False": False}
# https://docs.stripe.com/api/metadata
METADATA_KEYS, METADATA_NAME, METADATA_VALUE = 50, 40, 500


def validate(struct_name, raw, version):
    """Return the converted parameters of a request or raise what Stripe answers."""
    schema = params.struct(struct_name)
    fields = {**schema.fields, **additions(struct_name, version)}
    _refuse_method_types(struct_name, raw, version)
    # In a GET the required members of the path are not in the parameters.
    return _members(fields, schema.required, raw, path="")


def _refuse_method_types(struct_name, raw, version):
    """Name the removed parameter as Stripe does, instead of calling it unknown."""
    removed = {each.name for each in REMOVED.get(struct_name, ())}
    name = "payment_method_types"
    if name in raw and name in removed and not version.before(NO_METHOD_TYPES):
        raise refused_parameter(
            "`payment_method_types` is no longer supported on this API version. Use "
            "`allowed_payment_method_types` or dynamic payment methods instead.",
            param=name,
            code="payment_method_types_no_longer_supported",
        )


def _members(fields, required, raw, path):
    """Convert the members of one hash."""
    unknown = [_join(path, name) for name in raw if name not in fields]
    if unknown:
        plural = "s" if len(unknown) > 1 else ""
        raise refused_parameter(
            f"Received unknown parameter{plural}: {', '.join(unknown)}",
            param=unknown[0],
            code="parameter_unknown",
        )
    for name in sorted(required):
        if name not in raw and name in fields:
            raise missing_parameter(_join(path, name))
    return {
        name: _convert(fields[name], value, _join(path, name))
        for name, value in raw.items()
    }


def _join(path, name):
    return f"{path}[{name}]" if path else name


def _convert(schema, raw, path):
    """Convert one value to the type that the parameter has."""
    converters = {
        params.Scalar: _scalar,
        params.Choice: _choice,
        params.ListOf: _list,
        params.MapOf: _map,
        params.Struct: _struct,
        params.AnyOf: _any,
    }
    return converters[type(schema)](schema, raw, path)


def _scalar(schema, raw, path):
    if not isinstance(raw, str):
        raise refused_parameter(f"Invalid {_name(schema)}", param=path)
    if schema.kind is str:
        return _string(raw, path)
    if schema.kind is int:
        if not _INTEGER.fullmatch(raw):
            raise refused_parameter(
                f"Invalid integer: {raw}", param=path, code="parameter_invalid_integer"
            )
        return int(raw)
    if schema.kind is bool:
        if raw not in _BOOLEANS:
            raise refused_parameter(f"Invalid boolean: {raw}", param=path)
        return _BOOLEANS[raw]
    try:
        return float(raw)
    except ValueError:
        raise refused_parameter(f"Invalid number: {raw}", param=path) from None


def _string(raw, path):
    """Convert text; inside a hash an empty value unsets it, at the top it cannot."""
    if raw == "" and "[" not in path:
        raise refused_parameter(
            f"You passed an empty string for '{path}'. We assume empty values are an "
            f"attempt to unset a parameter; however '{path}' cannot be unset. You "
            f"should remove '{path}' from your request or supply a non-empty value.",
            param=path,
            code="parameter_invalid_empty",
        )
    if len(raw) > MAX_STRING:
        raise refused_parameter(
            f"Invalid string: {raw[:10]}...{raw[-10:]}; must be at most {MAX_STRING} "
            "characters",
            param=path,
        )
    return raw or None


def _name(schema):
    return {int: "integer", bool: "boolean", float: "number"}.get(schema.kind, "string")


def _choice(schema, raw, path):
    if isinstance(raw, str) and raw in schema.values:
        return raw
    if not isinstance(raw, str):
        raise refused_parameter("Invalid string", param=path)
    values = [str(value) for value in schema.values if value != ""]
    listed = " or ".join(filter(None, [", ".join(values[:-1]), values[-1]]))
    last = path.rpartition("[")[2].rstrip("]") or path
    raise refused_parameter(f"Invalid {last}: must be one of {listed}", param=path)


def _list(schema, raw, path):
    items = as_list(raw)
    if items is None:
        raise refused_parameter("Invalid array", param=path)
    return [
        _convert(schema.item, item, f"{path}[{index}]")
        for index, item in enumerate(items)
    ]


def _map(schema, raw, path):
    if not isinstance(raw, dict):
        raise refused_parameter("Invalid object", param=path)
    converted = {}
    for name, value in raw.items():
        if not isinstance(value, str):
            raise refused_parameter(
                f"Invalid {path} value: values must be strings", param=_join(path, name)
            )
        converted[name] = value
    if path.endswith("metadata"):
        _check_metadata(converted, path)
    return converted


def _check_metadata(values, path):
    """Hold metadata to Stripe's limits."""
    if len(values) > METADATA_KEYS:
        raise refused_parameter(
            f"Metadata can have at most {METADATA_KEYS} keys.", param=path
        )
    for name, value in values.items():
        if len(name) > METADATA_NAME:
            raise refused_parameter(
                f"Metadata keys must be at most {METADATA_NAME} characters: {name}",
                param=path,
            )
        if len(value) > METADATA_VALUE:
            raise refused_parameter(
                f"Metadata values must be at most {METADATA_VALUE} characters.",
                param=_join(path, name),
            )


def _struct(schema, raw, path):
    if not isinstance(raw, dict):
        raise refused_parameter("Invalid object", param=path)
    return _members(schema.fields, schema.required, raw, path)


def _any(schema, raw, path):
    """Try the types in turn; the error of the best fitting one is reported."""
    if raw == "" and any(_may_be_unset(option) for option in schema.options):
        return ""
    first_error = None
    for option in _by_shape(schema.options, raw):
        try:
            return _convert(option, raw, path)
        except ApiError as error:
            first_error = first_error or error
    raise first_error


def _may_be_unset(option):
    return isinstance(option, params.Choice) and "" in option.values


def _by_shape(options, raw):
    """Order types so that hashes meet hash types first, and text the closed lists.

    A choice of nothing but the empty text only says that the value may be unset.
    """

    def misfit(option):
        nested = isinstance(option, params.Struct | params.MapOf | params.ListOf)
        return (nested == isinstance(raw, str), not isinstance(option, params.Choice))

    return sorted((each for each in options if each != _UNSET), key=misfit)

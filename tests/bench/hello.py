"""The measure of all speeds: the least that Flask can answer in JSON."""

from flask import Flask, jsonify
from werkzeug.wrappers import Response

application = Flask("hello")


@application.get("/")
def hello() -> Response:
    """Two words."""
    return jsonify(hello="world")

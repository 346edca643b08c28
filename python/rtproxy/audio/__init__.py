"""Audio for users of the package: conversion for the Realtime API, and files."""
